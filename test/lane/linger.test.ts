import t, { type Test } from 'tap'
import { type RawHandle, socketOn } from '../../lib/platform/node-internals.js'
import { type Limits, Lingering } from '../../lib/lane/linger.js'
import { Arrivals, bind, Client, descriptorsLike, KINDS, openDescriptors } from './sockets.js'

const ANSWER = Buffer.from('an answer')
const HOUR = 3_600_000

/** A port on which clients are shed when the test says so. */
function open (t: Test, kind: typeof KINDS[number], limits: Limits) {
  const { bound, to } = bind(t, kind)
  const lingering = new Lingering(limits)
  const handles = new Arrivals<RawHandle>()
  bound.onconnection = (status, handle) => { handles.put(handle) }
  bound.listen(511)
  t.teardown(() => { bound.close() })
  return {
    async connect (): Promise<{ client: Client, shed: (answer?: Buffer) => void }> {
      const client = new Client(t, to, { stays: true })
      const handle = await handles.next()
      return { client, shed (answer = ANSWER) { lingering.shed(options => socketOn(handle, options), answer) } }
    }
  }
}

for (const kind of KINDS) {
  t.test(`a client that does not close is disconnected when its time is over [${kind}]`, async t => {
    const { connect } = open(t, kind, { time: 20 })
    const before = openDescriptors()
    const { client, shed } = await connect()
    shed()
    await client.ended()
    t.equal(client.text, 'an answer')
    t.equal(await descriptorsLike(before + 1), before + 1, 'its own side is still open')
  })

  t.test(`each client has its own time [${kind}]`, async t => {
    const { connect } = open(t, kind, { time: 20 })
    const before = openDescriptors()
    for (let count = 1; count <= 5; count++) {
      const { client, shed } = await connect()
      shed()
      await client.ended()
      await new Promise(resolve => setTimeout(resolve, 5)) // the times differ, so the timer has to be set again
    }
    t.equal(await descriptorsLike(before + 5), before + 5)
  })

  t.test(`no more than the limit is read from one client [${kind}]`, async t => {
    const { connect } = open(t, kind, { time: HOUR, bytes: 100_000 })
    const { client, shed } = await connect()
    shed()
    await client.ended()
    client.floods(Buffer.alloc(10_000))
    t.match(await client.closed, /^(ECONNRESET|EPIPE)$/)
  })

  t.test(`if too many linger, the oldest is closed [${kind}]`, async t => {
    const { connect } = open(t, kind, { time: HOUR, most: 2 })
    const before = openDescriptors()
    const clients: Client[] = []
    for (let count = 1; count <= 3; count++) {
      const { client, shed } = await connect()
      shed()
      await client.ended()
      clients.push(client)
    }
    const [oldest, ...others] = clients as [Client, ...Client[]]
    oldest.floods(Buffer.alloc(1), 1)
    t.match(await oldest.closed, /^(ECONNRESET|EPIPE)$/)
    for (const { socket } of others) {
      await new Promise(resolve => socket.write('more', resolve))
      t.notOk(socket.destroyed)
      socket.end()
    }
    t.equal(await descriptorsLike(before), before)
  })

  t.test(`a client that has closed makes room [${kind}]`, async t => {
    const { connect } = open(t, kind, { time: HOUR, most: 2 })
    const before = openDescriptors()
    const first = await connect()
    first.shed()
    for (let count = 1; count <= 5; count++) {
      const { client, shed } = await connect()
      shed()
      await client.ended()
      client.socket.destroy()
      await descriptorsLike(before + 2)
    }
    t.equal(openDescriptors(), before + 2, 'the first is still open, and so is its client')
    first.client.socket.end()
    t.equal(await descriptorsLike(before), before)
  })

  t.test(`a client without room for the answer is not waited for [${kind}]`, async t => {
    const { connect } = open(t, kind, { time: HOUR })
    const before = openDescriptors()
    const { client, shed } = await connect()
    client.socket.pause()
    shed(Buffer.alloc(64 * 1_048_576))
    t.equal(openDescriptors(), before + 1)
  })
}
