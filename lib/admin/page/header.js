import { byId, element, setData, setText } from './dom.js'
import { address, count, duration } from './format.js'

const states = { starting: 'Starting', ready: 'Ready', stopping: 'Stopping' }

/** The facts about the server, in the order in which they are shown. */
const facts = {
  'Listening on': ({ listeners }) => listeners.flatMap(({ addresses }) => addresses.map(address)).join(', ') || 'nothing yet',
  Uptime: ({ uptime }) => duration(uptime),
  Generation: ({ generation }) => count(generation),
  Policy: ({ policy }) => policy,
  Lane: ({ lane }) => lane,
  Requests: ({ requests }) => count(requests),
  'Handed off': ({ handedOff }) => count(handedOff),
  Held: ({ held }) => count(held),
  Returned: ({ returned: { drain, time, rescue } }) => `${count(drain + time + rescue)}${rescue === 0 ? '' : `, ${count(rescue)} rescued`}`,
  Shed: ({ shed }) => count(shed),
  Reloads: ({ reloads: { completed, aborted } }) => aborted === 0 ? count(completed) : `${count(completed)}, ${count(aborted)} aborted`,
  Restarts: ({ restarts }) => count(restarts),
  Pid: ({ pid }) => String(pid),
  Version: ({ version, node }) => `${version} on Node ${node}`
}

/** The server's name and state, and the facts about it. */
export class Header {
  #values = new Map()

  constructor () {
    for (const name of Object.keys(facts)) {
      const value = element('dd')
      const pair = element('div')
      pair.append(element('dt', { text: name }), value)
      byId('facts').append(pair)
      this.#values.set(name, value)
    }
  }

  show (status) {
    const name = status.name ?? lastPart(status.app)
    setText(byId('name'), name)
    setText(byId('app'), status.app)
    setText(byId('state'), states[status.state] ?? status.state)
    setData(byId('state'), 'state', status.state)
    for (const [fact, value] of this.#values) setText(value, facts[fact](status))
    const title = `${name} · shared-fastify`
    if (document.title !== title) document.title = title
  }
}

function lastPart (path) {
  return path.slice(path.lastIndexOf('/') + 1)
}
