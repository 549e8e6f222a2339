import { Worker } from 'node:worker_threads'
import { ownMetrics } from './metrics/own.js'
import type { FromThread, ToThread } from './metrics/thread.js'
import type { Operable } from './operable.js'

/** Milliseconds that workers have to tell what their apps measure: a scraper waits for 10 seconds, as a rule. */
const PATIENCE = 1_000

const ENDED = 'the thread that puts metrics together has ended'

interface Waiting { resolve: (text: string) => void, reject: (err: Error) => void }

/** The metrics of the primary and of the workers' apps, in Prometheus' text format. */
export class Metrics {
  readonly #primary: Operable
  readonly #startThread: () => Worker
  #thread: Worker | undefined
  readonly #waiting = new Map<number, Waiting>()
  #scrapes = 0
  #running: Promise<string> | undefined

  constructor (primary: Operable, startThread = startSummingThread) {
    this.#primary = primary
    this.#startThread = startThread
    primary.onMetrics({
      measured: (id, metrics) => { this.#thread?.postMessage({ id, metrics } satisfies ToThread) },
      gone: id => { this.#thread?.postMessage({ gone: id } satisfies ToThread) }
    })
  }

  /** Whoever asks while a scrape is under way gets the same. */
  async text (): Promise<string> {
    this.#running ??= this.#scrape().finally(() => { this.#running = undefined })
    return await this.#running
  }

  async close (): Promise<void> {
    const thread = this.#thread
    if (thread !== undefined) this.#forget(new Error('the server stops'))
    await thread?.terminate()
  }

  async #scrape (): Promise<string> {
    this.#thread ??= this.#start() // first: it is told of each answer as that comes
    const silent = await this.#primary.askForMetrics(PATIENCE)
    const thread = this.#thread
    if (thread === undefined) throw new Error(ENDED) // meanwhile
    const number = ++this.#scrapes
    return await new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      thread.postMessage({ number, own: ownMetrics(this.#primary, silent) } satisfies ToThread)
    })
  }

  /** Only who is scraped has this thread. */
  #start (): Worker {
    const thread = this.#startThread()
    thread.on('message', (message: FromThread) => { this.#onMessage(message) })
    thread.once('error', err => { this.#lost(thread, err) })
    thread.once('exit', () => { this.#lost(thread, new Error(ENDED)) })
    thread.unref()
    return thread
  }

  #onMessage (message: FromThread): void {
    if ('id' in message) {
      this.#primary.log.warn({ event: 'metrics-error', workerId: message.id, err: message.error }, 'what the app of worker %d measures cannot be read', message.id)
      return
    }
    const waiting = this.#waiting.get(message.number)
    this.#waiting.delete(message.number)
    if ('text' in message) waiting?.resolve(message.text)
    else waiting?.reject(message.error)
  }

  /** The next scrape starts another one: what workers that are gone had counted is lost. */
  #lost (thread: Worker, err: Error): void {
    if (this.#thread !== thread) return
    this.#primary.log.warn({ event: 'metrics-error', err }, ENDED)
    this.#forget(err)
  }

  #forget (err: Error): void {
    this.#thread = undefined
    for (const { reject } of this.#waiting.values()) reject(err)
    this.#waiting.clear()
  }
}

function startSummingThread (): Worker {
  return new Worker(new URL('metrics/thread.js', import.meta.url), { name: 'shared-fastify metrics', execArgv: [] })
}
