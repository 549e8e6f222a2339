import { tracingChannel } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import { LONGEST_NAME, MOST_SUSPECTS } from '../protocol.js'

/** Milliseconds for which the handlers are watched after a stall: one that blocks again in that time is known. */
const WATCH = 60_000

/** What Fastify publishes of a request (its lib/handle-request.js). */
interface Handling {
  request: { method: string, raw: IncomingMessage }
  route: { url: string }
}

/** What is seen from one look to the next. */
export interface Seen {
  /** The part of a handler that ran for longest without a pause, in milliseconds. */
  longest?: { name: string, took: number }
  /** The handlers whose promises were settled last, the newest first. */
  settled: readonly string[]
}

const NOTHING: Seen = { settled: [] }

/**
 * Knows which of Fastify's handlers blocks, as long as it watches. That costs each request some
 * microseconds, so that it does so only for a while after something has blocked.
 */
export class Handlers {
  readonly #channel = tracingChannel<object, Handling>('fastify.request.handler')
  readonly #begun = new WeakMap<Handling, number>()
  readonly #names = new WeakMap<IncomingMessage, string>()
  readonly #after: typeof after
  #cancel: (() => void) | undefined
  #longest: Seen['longest']
  #settled: string[] = []

  constructor (later = after) {
    this.#after = later
  }

  watch (): void {
    if (this.#cancel === undefined) this.#channel.subscribe(this.#subscribers)
    else this.#cancel()
    this.#cancel = this.#after(WATCH, () => { this.#stop() })
  }

  /** What was seen since the last time. */
  take (): Seen {
    if (this.#cancel === undefined) return NOTHING
    const seen = { longest: this.#longest, settled: this.#settled }
    this.#longest = undefined
    this.#settled = []
    return seen
  }

  /** `GET /report/:id` where its handler was seen to begin, else by its URL. What follows the path may be anybody's secret. */
  nameOf (request: IncomingMessage): string {
    return this.#names.get(request) ?? name(request.method, request.url?.replace(/[?;#].*$/s, ''))
  }

  readonly #start = (handling: Handling): void => {
    const { request, route } = handling
    this.#names.set(request.raw, name(request.method, route.url))
    this.#resume(handling)
  }

  readonly #resume = (handling: Handling): void => {
    this.#begun.set(handling, performance.now())
  }

  readonly #pause = (handling: Handling): void => {
    const took = performance.now() - (this.#begun.get(handling) as number)
    if (took > (this.#longest?.took ?? 0)) this.#longest = { name: this.nameOf(handling.request.raw), took }
  }

  /** Its promise is settled; what it has returned is serialized now. */
  readonly #settle = (handling: Handling): void => {
    this.#settled.unshift(this.nameOf(handling.request.raw))
    if (this.#settled.length > MOST_SUSPECTS) this.#settled.pop()
    this.#resume(handling)
  }

  readonly #subscribers = { start: this.#start, end: this.#pause, asyncStart: this.#settle, asyncEnd: this.#pause, error () {} }

  #stop (): void {
    this.#channel.unsubscribe(this.#subscribers)
    this.take()
    this.#cancel = undefined
  }
}

function after (delay: number, run: () => void): () => void {
  const timer = setTimeout(run, delay).unref()
  return () => { clearTimeout(timer) }
}

function name (method = '', path = ''): string {
  return `${method} ${path}`.slice(0, LONGEST_NAME)
}
