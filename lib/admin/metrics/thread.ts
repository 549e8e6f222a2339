import { parentPort } from 'node:worker_threads'
import type { Metric } from './metric.js'
import { Sum } from './sum.js'

// Puts metrics together beside the primary's event loop, which has connections to hand off.

/** What the thread is told: what a worker measures, that one is gone, or to answer a scrape with our own metrics. */
export type ToThread = { id: number, metrics: string | undefined } | { gone: number } | { number: number, own: Metric[] }

/** Its answer, in UTF-8; or what of a worker's metrics is left out. */
export type FromThread = { number: number, text: Uint8Array } | { number: number, error: Error } | { id: number, error: Error }

/** Problems of one worker that are told: a log is not to be filled by one that has a new one at each scrape. */
const MOST_TOLD = 10

/** Of each worker, so that each problem is told once. */
const told = new Map<number, Set<string>>()

const sum = new Sum(tell)

parentPort?.on('message', (message: ToThread) => {
  if ('id' in message) update(message)
  else if ('gone' in message) bury(message.gone)
  else answer(message)
})

function update ({ id, metrics }: Extract<ToThread, { id: number }>): void {
  try {
    sum.update(id, metrics)
  } catch (error) {
    tell(id, `all of it: ${(error as Error).message}`)
  }
}

function bury (id: number): void {
  sum.bury(id)
  told.delete(id)
}

function answer ({ number, own }: Extract<ToThread, { number: number }>): void {
  try {
    const text = new TextEncoder().encode(sum.text(own))
    parentPort?.postMessage({ number, text } satisfies FromThread, [text.buffer])
  } catch (error) {
    parentPort?.postMessage({ number, error: error as Error } satisfies FromThread)
  }
}

function tell (id: number, problem: string): void {
  const before = told.get(id) ?? new Set()
  told.set(id, before)
  if (before.has(problem) || before.size === MOST_TOLD) return
  before.add(problem)
  parentPort?.postMessage({ id, error: new Error(problem) } satisfies FromThread)
}
