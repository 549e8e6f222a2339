import { once } from 'node:events'
import http from 'node:http'
import type { Answer } from './helper.js'

/** The result of a request: its answer, or the error that ended it. */
export interface Outcome {
  answer?: Answer
  error?: NodeJS.ErrnoException
}

export interface ExchangeOptions extends http.RequestOptions {
  onConnected?: () => void
}

/** A request that is written, and its answer read, piece by piece. By default on a new connection. */
export class Exchange {
  readonly outcome: Promise<Outcome>
  #received = ''
  readonly #request: http.ClientRequest
  readonly #response: Promise<http.IncomingMessage>

  constructor (url: string, { onConnected = () => {}, ...options }: ExchangeOptions = {}) {
    this.#request = http.request(url, { agent: false, ...options })
    this.#request.once('socket', socket => {
      if (socket.connecting) socket.once('connect', onConnected)
      else onConnected()
    })
    this.#response = once(this.#request, 'response').then(([response]) => response as http.IncomingMessage)
    this.outcome = this.#read().then(
      answer => ({ answer }),
      error => ({ error }))
  }

  /** Resolves when the server asks for the body, after `Expect: 100-continue`. */
  async continued (): Promise<void> {
    this.#request.flushHeaders()
    await once(this.#request, 'continue')
  }

  /** Resolves when the kernel has this part of the body. */
  async send (part: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#request.write(part, err => { err == null ? resolve() : reject(err) })
    })
  }

  /** Sends the last part; resolves when the kernel has all of the request. */
  async end (part?: string): Promise<void> {
    await new Promise<void>(resolve => { this.#request.end(part, resolve) })
  }

  /** Resolves when the answer's body has arrived up to this text. */
  async received (text: string): Promise<void> {
    const response = await this.#response
    while (!this.#received.includes(text)) await once(response, 'data')
  }

  async #read (): Promise<Answer> {
    const response = await this.#response
    response.setEncoding('utf8')
    response.on('data', part => { this.#received += part })
    await once(response, 'end')
    return { status: response.statusCode as number, headers: response.headers, body: this.#received }
  }
}

/** Sends a request that may fail. */
export async function attempt (url: string, { body, ...options }: ExchangeOptions & { body?: string } = {}): Promise<Outcome> {
  const exchange = new Exchange(url, options)
  exchange.end(body).catch(() => {}) // the outcome contains the error
  return await exchange.outcome
}

/**
 * Resolves when a new connection is refused. Until then connections may still be served, or be reset: a
 * closing port resets those in the kernel's queue.
 */
export async function refused (url: string): Promise<void> {
  while ((await attempt(url)).error?.code !== 'ECONNREFUSED');
}

/** A request to POST /echo, which answers with its body. */
export function echo (body: string): { method: 'POST', headers: http.OutgoingHttpHeaders, body: string } {
  return { method: 'POST', headers: { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) }, body }
}

/** Headers for POST /pipe, which sends the body back while it arrives. */
export const streamed = { method: 'POST', headers: { 'content-type': 'application/octet-stream' } }

/** An agent with one connection, kept alive between requests. */
export function keptAlive (): http.Agent {
  return new http.Agent({ keepAlive: true, maxSockets: 1 })
}

/**
 * Makes `count` requests with `send`, `concurrency` at a time. `progress` is called after each, with the
 * number of requests done.
 */
export async function load (count: number, concurrency: number, send: (number: number) => Promise<Outcome>, progress: (ended: number) => void = () => {}): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  let begun = 0
  const run = async (): Promise<void> => {
    while (begun < count) {
      outcomes.push(await send(begun++))
      progress(outcomes.length)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, run))
  return outcomes
}
