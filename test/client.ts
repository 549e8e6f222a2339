import { once } from 'node:events'
import http from 'node:http'
import type { Answer } from './helper.js'

/** What became of a request: its answer, or the error that ended it. */
export interface Outcome {
  answer?: Answer
  error?: NodeJS.ErrnoException
}

export interface ExchangeOptions extends http.RequestOptions {
  onConnected?: () => void
}

/** A request that is written, and its answer read, piece by piece: by default on a connection of its own. */
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

  /** Resolves when the server waits for the body, asked for by `Expect: 100-continue`. */
  async continued (): Promise<void> {
    this.#request.flushHeaders()
    await once(this.#request, 'continue')
  }

  /** Resolves when this part of the body is in the kernel's hands. */
  async send (part: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#request.write(part, err => { err == null ? resolve() : reject(err) })
    })
  }

  /** The last part; resolves when all of the request is in the kernel's hands. */
  async end (part?: string): Promise<void> {
    await new Promise<void>(resolve => { this.#request.end(part, resolve) })
  }

  /** Resolves when the body of the answer has come as far as this. */
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

/** A request that may fail. */
export async function attempt (url: string, { body, ...options }: ExchangeOptions & { body?: string } = {}): Promise<Outcome> {
  const exchange = new Exchange(url, options)
  exchange.end(body).catch(() => {}) // the outcome tells
  return await exchange.outcome
}

/** Resolves when a new connection is refused. Until then one may be served yet, or reset: a closing port does that to what the kernel holds. */
export async function refused (url: string): Promise<void> {
  while ((await attempt(url)).error?.code !== 'ECONNREFUSED');
}

/** A text for POST /echo, which answers with it. */
export function echo (body: string): { method: 'POST', headers: http.OutgoingHttpHeaders, body: string } {
  return { method: 'POST', headers: { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) }, body }
}

/** The headers of a body that POST /pipe sends back while it comes. */
export const streamed = { method: 'POST', headers: { 'content-type': 'application/octet-stream' } }

/** One connection, kept alive over its requests. */
export function keptAlive (): http.Agent {
  return new http.Agent({ keepAlive: true, maxSockets: 1 })
}

/**
 * `count` requests, `concurrency` at a time, each as `send` does it. `progress` is called when one
 * has ended, with how many have.
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
