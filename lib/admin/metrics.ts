import { Worker } from 'node:worker_threads'
import { setTimeout } from 'node:timers/promises'
import { ownMetrics } from './metrics/own.js'
import type { FromThread, ToThread } from './metrics/thread.js'
import type { Operable } from './operable.js'

/** Milliseconds that workers have to send their apps' metrics. Scrapers usually wait for 10 seconds. */
const PATIENCE = 1_000

/** Milliseconds between two scrapes, so that continuous scraping does not keep the workers busy. */
const PAUSE = 200

/** The most characters of one worker's packed metrics. Of a longer message, everything would be dropped anyway. */
const LONGEST = 16 * 1024 * 1024

/** The thread's memory limit in MiB. If workers send more than fits, the thread ends, rather than this process. */
const HEAP = 512

const ENDED = 'the metrics thread has exited; the next scrape starts a new one'

interface Waiting { resolve: (text: Buffer) => void, reject: (err: Error) => void }

/** The metrics of the primary and of the workers' apps, in Prometheus' text format, as UTF-8. */
export class Metrics {
  readonly #primary: Operable
  readonly #startThread: () => Worker
  #thread: Worker | undefined
  readonly #waiting = new Map<number, Waiting>()
  #scrapes = 0
  #running: Promise<Buffer> | undefined
  /** Resolves when the next scrape may begin. */
  #pause: Promise<void> | undefined
  #closes = 0

  constructor (primary: Operable, startThread = startSummingThread) {
    this.#primary = primary
    this.#startThread = startThread
    primary.onMetrics({
      measured: (id, metrics) => { this.#measured(id, metrics) },
      gone: id => { this.#thread?.postMessage({ gone: id } satisfies ToThread) }
    })
  }

  /** Returns the metrics. Requests during a scrape share its result. */
  async text (): Promise<Buffer> {
    this.#running ??= this.#scrape().finally(() => { this.#running = undefined })
    return await this.#running
  }

  async close (): Promise<void> {
    this.#closes++
    const thread = this.#thread
    if (thread !== undefined) this.#forget(new Error('the server is stopping'))
    await thread?.terminate()
  }

  #measured (id: number, metrics: string | undefined): void {
    if (metrics !== undefined && metrics.length > LONGEST) this.#tell(id, new Error(`all of them, as they have more than ${LONGEST} characters`))
    else this.#thread?.postMessage({ id, metrics } satisfies ToThread)
  }

  async #scrape (): Promise<Buffer> {
    if (this.#pause !== undefined) {
      const closes = this.#closes
      await this.#pause
      if (this.#closes !== closes) throw new Error(ENDED) // closed meanwhile
    }
    this.#pause = setTimeout(PAUSE, undefined, { ref: false })
    this.#thread ??= this.#start() // first, because each answer is passed to the thread as it arrives
    const silent = await this.#primary.askForMetrics(PATIENCE)
    const thread = this.#thread
    if (thread === undefined) throw new Error(ENDED) // the thread has ended meanwhile
    const number = ++this.#scrapes
    return await new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject })
      thread.postMessage({ number, own: ownMetrics(this.#primary, silent) } satisfies ToThread)
    })
  }

  /** Starts the thread, which a primary that is never scraped does without. */
  #start (): Worker {
    const thread = this.#startThread()
    thread.on('message', (message: FromThread) => { this.#onMessage(message) })
    thread.once('error', err => { this.#lost(thread, err) })
    thread.once('exit', () => { this.#lost(thread, new Error(ENDED)) })
    thread.unref()
    return thread
  }

  #onMessage (message: FromThread): void {
    if ('id' in message) return this.#tell(message.id, message.error)
    const waiting = this.#waiting.get(message.number)
    this.#waiting.delete(message.number)
    if ('text' in message) waiting?.resolve(Buffer.from(message.text.buffer))
    else waiting?.reject(message.error)
  }

  #tell (id: number, err: Error): void {
    this.#primary.log.warn({ event: 'metrics-error', workerId: id, err }, 'metrics of worker %d left out: %s', id, err.message)
  }

  /**
   * Handles the end of the thread. The next scrape starts another one; the counts of workers that have
   * exited are lost.
   */
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
  return new Worker(new URL('metrics/thread.js', import.meta.url), { name: 'shared-fastify metrics', execArgv: [], resourceLimits: { maxOldGenerationSizeMb: HEAP } })
}
