import { parentPort } from 'node:worker_threads'
import type { Metric } from './metric.js'
import { Sum } from './sum.js'

// Combines metrics in a thread, to keep that work off the primary's event loop, which hands off connections.

/**
 * Messages to the thread: the metrics of a worker, the exit of a worker, or a request for the result, with
 * our own metrics.
 */
export type ToThread = { id: number, metrics: string | undefined } | { gone: number } | { number: number, own: Metric[] }

/** Messages from the thread: the result in UTF-8, an error, or a part of a worker's metrics that was dropped. */
export type FromThread = { number: number, text: Uint8Array } | { number: number, error: Error } | { id: number, error: Error }

/**
 * The most problems of one worker that are reported, so that a worker with a new problem at each scrape does
 * not fill the log.
 */
const MOST_TOLD = 10

/** The problems of each worker that were reported already. */
const reported = new Map<number, Set<string>>()

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
    tell(id, `all of them: ${(error as Error).message}`)
  }
}

function bury (id: number): void {
  sum.bury(id)
  reported.delete(id)
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
  const before = reported.get(id) ?? new Set()
  reported.set(id, before)
  if (before.has(problem) || before.size === MOST_TOLD) return
  before.add(problem)
  parentPort?.postMessage({ id, error: new Error(problem) } satisfies FromThread)
}
