import { parentPort } from 'node:worker_threads'
import { type Metric, Sum } from './sum.js'

// Puts metrics together beside the primary's event loop, which has connections to hand off.

/** What the thread is told: what a worker measures, that one is gone, or to answer a scrape with our own metrics. */
export type ToThread = { id: number, metrics: string | undefined } | { gone: number } | { number: number, own: Metric[] }

/** Its answer; or that what a worker measures cannot be read. */
export type FromThread = { number: number, text: string } | { number: number, error: Error } | { id: number, error: Error }

const sum = new Sum()
let turn = Promise.resolve()

parentPort?.on('message', (message: ToThread) => {
  turn = turn.then(async () => { await take(message) })
})

async function take (message: ToThread): Promise<void> {
  if ('id' in message) update(message)
  else if ('gone' in message) await sum.bury(message.gone)
  else await answer(message)
}

function update ({ id, metrics }: Extract<ToThread, { id: number }>): void {
  try {
    sum.update(id, metrics)
  } catch (error) {
    post({ id, error: error as Error })
  }
}

async function answer ({ number, own }: Extract<ToThread, { number: number }>): Promise<void> {
  try {
    post({ number, text: await sum.text(own) })
  } catch (error) {
    post({ number, error: error as Error })
  }
}

function post (message: FromThread): void {
  parentPort?.postMessage(message)
}
