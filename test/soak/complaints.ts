import type { App, Line } from '../helper.js'
import type { Finding } from './accounts.js'

const WARNING = 40

/** What the primary warns of, and what anybody prints besides the log, but for what the kills bring about. */
export function complaints (app: App): Finding[] {
  const lines = app.lines.filter(line => line.pid === app.pid && line.level >= WARNING && !isOfAKill(line) && !isOfABlock(line)).map(line => JSON.stringify(line))
  return [...lines, ...(app.text === '' ? [] : [app.text])].map(text => ({ what: 'failure', text }))
}

function isOfAKill ({ event, signal, err }: Line): boolean {
  return event === 'worker-exit' ? signal === 'SIGKILL' : event === 'reload-aborted' && /was ended by SIGKILL/.test((err as Error).message)
}

/** Event loops that are blocked, and workers that are stopped, stand still. */
function isOfABlock ({ event }: Line): boolean {
  return event === 'stall'
}
