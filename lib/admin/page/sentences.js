import { address, duration, plural } from './format.js'

/** How a worker ended, for its row in the table. */
export function shortEnding ({ code, signal }) {
  if (signal !== null) return `Killed by ${signal}`
  return code === null ? 'Did not start' : `Exit code ${code}`
}

/** How a worker ended, to follow "worker 3". */
function ending ({ code, signal, asked }) {
  if (signal !== null) return `was killed by ${signal}`
  if (code === null) return 'could not be started'
  return asked && code === 0 ? 'exited' : `exited with code ${code}`
}

/** Describes an event in a sentence, with its severity: 'bad', 'warn', 'good' or 'plain'. */
export function sentence (happened, listeners) {
  const { event, id, slot, pid, generation } = happened
  switch (event) {
    case 'worker-start': return plain(`worker ${id} started in slot ${slot}`)
    case 'worker-ready': return plain(`worker ${id} is ready (pid ${pid})`)
    case 'worker-exit': return { text: `worker ${id} ${ending(happened)}`, tone: happened.asked ? 'plain' : 'bad' }
    case 'reload-start': return plain(`reload to generation ${generation} started`)
    case 'reload-end': return { text: `reload to generation ${generation} complete`, tone: 'good' }
    case 'reload-aborted': return { text: `reload to generation ${generation} aborted: ${happened.error}`, tone: 'bad' }
    case 'upgrade-start': return plain(`upgrade started: process ${pid} is to take the place of this primary`)
    case 'upgraded': return { text: `upgraded: process ${pid} takes over`, tone: 'good' }
    case 'upgrade-aborted': return { text: `upgrade aborted: ${happened.error}`, tone: 'bad' }
    case 'overloaded': return { text: `overloaded: ${plural(happened.pending, 'connection')} pending at ${where(happened.key, listeners)}`, tone: 'warn' }
    case 'stalled': return { text: `worker ${id} is not responding: event loop has not run for ${duration(happened.silence)}`, tone: 'warn' }
    default: return plain(event)
  }
}

function plain (text) {
  return { text, tone: 'plain' }
}

/** Operators know a listener by its address rather than by its key. */
function where (key, listeners) {
  return listeners.find(listener => listener.key === key)?.addresses.map(address).join(', ') || key
}
