import { tracingChannel } from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import { LONGEST_NAME, MOST_SUSPECTS } from '../protocol.js'

/**
 * Milliseconds for which handlers are traced after a stall. A handler that blocks again within that time is
 * identified.
 */
const WATCH = 60_000

/** The message that Fastify publishes for a request (its lib/handle-request.js). */
interface Handling {
  request: { method: string, raw: IncomingMessage }
  route: { url: string }
}

/** What was traced between two calls of {@link Handlers.take}. */
export interface Seen {
  /** The longest synchronous part of a handler, in milliseconds. */
  longest?: { name: string, took: number }
  /** The handlers whose promises were settled last, newest first. */
  settled: readonly string[]
}

const NOTHING: Seen = { settled: [] }

/**
 * Finds out which of Fastify's handlers blocks, while it is tracing. That costs each request some
 * microseconds, so it only traces for a while after a stall.
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

  /** What was traced since the last call. */
  take (): Seen {
    if (this.#cancel === undefined) return NOTHING
    const seen = { longest: this.#longest, settled: this.#settled }
    this.#longest = undefined
    this.#settled = []
    return seen
  }

  /**
   * `GET /report/:id` if its handler was traced, otherwise method and path. The query is omitted, since it
   * may contain secrets.
   */
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

  /** The handler's promise is settled; its result is serialized now. */
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
