import t from 'tap'
import { execFile } from 'node:child_process'
import { fixturePath } from '../../helper.js'

const table: Array<{ promise: string, signals: Array<[after: number, signal: string]>, said: string[] }> = [
  { promise: 'SIGTERM stops', signals: [[0, 'SIGTERM']], said: ['stop by SIGTERM'] },
  { promise: 'SIGINT stops', signals: [[0, 'SIGINT']], said: ['stop by SIGINT'] },
  { promise: 'SIGQUIT stops', signals: [[0, 'SIGQUIT']], said: ['stop by SIGQUIT'] },
  { promise: 'a second SIGINT ends the process', signals: [[0, 'SIGINT'], [51, 'SIGINT']], said: ['stop by SIGINT', 'end'] },
  { promise: 'a second SIGINT for the same key press does not end the process', signals: [[0, 'SIGINT'], [50, 'SIGINT']], said: ['stop by SIGINT'] },
  { promise: 'a SIGINT after one that arrived twice for a key press ends the process', signals: [[0, 'SIGINT'], [10, 'SIGINT'], [51, 'SIGINT']], said: ['stop by SIGINT', 'end'] },
  { promise: 'after a SIGTERM, the first SIGINT ends the delay, and the second ends the process', signals: [[0, 'SIGTERM'], [1_000, 'SIGINT'], [1_000, 'SIGINT']], said: ['stop by SIGTERM', 'hurry', 'end'] },
  { promise: 'other signals stop once, and never end the process', signals: [[0, 'SIGTERM'], [1_000, 'SIGTERM'], [1_000, 'SIGQUIT']], said: ['stop by SIGTERM', 'hurry'] }
]

for (const { promise, signals, said } of table) {
  t.test(promise, async t => {
    t.same(await run(signals), { said, signal: null })
  })
}

t.test('after the handlers are removed, a signal has its default action', async t => {
  t.same(await run([[0, 'let go']]), { said: [], signal: null }, 'the process exits by itself')
  t.same(await run([[0, 'let go'], [0, 'unheard SIGTERM']]), { said: [], signal: 'SIGTERM' })
})

/** The calls that were made, and the signal that ended the process, if any. */
async function run (signals: Array<[number, string]>): Promise<{ said: string[], signal: string | null }> {
  return await new Promise(resolve => {
    execFile(process.execPath, [fixturePath('signals.mjs'), JSON.stringify(signals)], (err, stdout) => {
      resolve({ said: stdout === '' ? [] : JSON.parse(stdout) as string[], signal: err?.signal ?? null })
    })
  })
}
