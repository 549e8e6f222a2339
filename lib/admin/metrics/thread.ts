import { parentPort } from 'node:worker_threads'
import { type Scrape, Sum } from './sum.js'

// Puts metrics together beside the primary's event loop, which has connections to hand off.

/** What the thread is told, in this order for each scrape: what workers measure, then what to answer. */
export type ToThread = { id: number, metrics: string | undefined } | { number: number, scrape: Scrape }

/** Its answer; or that what a worker measures cannot be read. */
export type FromThread = { number: number, text: string } | { number: number, error: Error } | { id: number, error: Error }

const sum = new Sum()
let turn = Promise.resolve()

parentPort?.on('message', (message: ToThread) => {
  turn = turn.then(async () => { await ('id' in message ? update(message) : answer(message)) })
})

function update ({ id, metrics }: Extract<ToThread, { id: number }>): void {
  try {
    sum.update(id, metrics)
  } catch (error) {
    post({ id, error: error as Error })
  }
}

async function answer ({ number, scrape }: Extract<ToThread, { number: number }>): Promise<void> {
  try {
    post({ number, text: await sum.text(scrape) })
  } catch (error) {
    post({ number, error: error as Error })
  }
}

function post (message: FromThread): void {
  parentPort?.postMessage(message)
}
