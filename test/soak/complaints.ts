import type { App, Line } from '../helper.js'
import type { Finding } from './accounts.js'

const WARNING = 40

/** The primary's warnings, and everything that any process prints besides the log, except for the consequences of the kills. */
export function complaints (app: App): Finding[] {
  const lines = app.lines.filter(line => line.pid === app.pid && line.level >= WARNING && !isOfAKill(line) && !isOfABlock(line)).map(line => JSON.stringify(line))
  return [...lines, ...(app.text === '' ? [] : [app.text])].map(text => ({ what: 'failure', text }))
}

function isOfAKill ({ event, signal, err }: Line): boolean {
  return event === 'worker-exit' ? signal === 'SIGKILL' : event === 'reload-aborted' && /was killed by SIGKILL/.test((err as Error).message)
}

/** Expected: some event loops are blocked, and some workers are stopped. */
function isOfABlock ({ event }: Line): boolean {
  return event === 'stall'
}
