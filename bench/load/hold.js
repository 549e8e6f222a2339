import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const holder = fileURLToPath(new URL('holder.js', import.meta.url))

/** Milliseconds between two looks at what the process has printed. */
const LOOK_EVERY = 50

/**
 * Opens connections, with one request on each, from a process of its own: one process has too few descriptors for
 * those of several contenders. Resolves when all are open.
 * @param {import('../bench.js').Bench} bench
 * @param {{ port: number }} server
 * @param {number} count
 * @returns {Promise<{ open: () => number, close: () => Promise<void> }>} open: how many still are
 */
export async function hold ({ processes }, { port }, count) {
  const program = processes.start(process.execPath, [holder, JSON.stringify({ port, count })])
  let failure
  program.ended.then(reason => { failure = reason ?? 'it ended' })
  while (program.stdout === '') {
    if (failure !== undefined) throw new Error(`the process that opens connections failed: ${failure}`)
    await sleep(LOOK_EVERY)
  }
  return {
    open: () => Number(program.stdout.trim().split('\n').at(-1)),
    close: async () => { await processes.end(program) }
  }
}
