import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import type { Test } from 'tap'
import { ca, type Digest, fetchBytes, RawClient, sha256, stream } from './clients.js'

const KIB = 1024
const OCTETS = { 'content-type': 'application/octet-stream' }

/**
 * A client that runs until it is stopped. Each call makes one or more requests, resolves with their number,
 * and rejects if one fails.
 */
export type Client = () => Promise<number>

/** Runs clients, all at once. */
export class Load {
  readonly failures: string[] = []
  #stopped = false
  #answered = 0
  #waiting: Array<{ count: number, resolve: () => void }> = []
  readonly #clients: Array<Promise<void>>

  constructor (clients: Record<string, Client>) {
    this.#clients = Object.entries(clients).map(async ([name, client]) => { await this.#run(name, client) })
  }

  /** Resolves when this many more requests have been answered. */
  async more (count: number): Promise<void> {
    await new Promise<void>(resolve => { this.#waiting.push({ count: this.#answered + count, resolve }) })
  }

  /** Stops the clients; resolves with the failures. */
  async stop (): Promise<string[]> {
    this.#stopped = true
    await Promise.all(this.#clients)
    return this.failures
  }

  async #run (name: string, client: Client): Promise<void> {
    while (!this.#stopped) {
      try {
        this.#answered += await client()
      } catch (err) {
        this.failures.push(`${name}: ${(err as NodeJS.ErrnoException).code ?? ''} ${(err as Error).message}`)
      }
      for (const { resolve } of this.#waiting.filter(({ count }) => count <= this.#answered)) resolve()
      this.#waiting = this.#waiting.filter(({ count }) => count > this.#answered)
    }
  }
}

/** Clients of HTTP/1.1, with TLS for an https URL. */
export function http1Clients (t: Test, url: string): Record<string, Client> {
  return {
    'keep-alive 1': keepAlive(t, url),
    'keep-alive 2': keepAlive(t, url),
    'keep-alive 3': keepAlive(t, `${url}/at-once`),
    'new connections': async () => check((await fetchBytes(url)).res.statusCode),
    pipelining: pipelining(t, url),
    uploads: uploads(t, url),
    downloads: downloads(t, url)
  }
}

function keepAlive (t: Test, url: string): Client {
  const agent = newAgent(t, url)
  return async () => check((await fetchBytes(url, { agent })).res.statusCode)
}

function pipelining (t: Test, url: string): Client {
  let open: RawClient | undefined
  return async () => {
    const client = open ?? await RawClient.connect(t, url)
    open = client
    client.get('/', '/after/2', '/at-once', '/')
    for (let i = 1; i <= 4; i++) {
      const { status, headers } = await client.answer()
      check(status)
      if (headers.connection !== 'close') continue
      open = undefined
      if (i < 4) throw new Error(`closed after answer ${i} of 4`)
    }
    return 4
  }
}

function uploads (t: Test, url: string): Client {
  const agent = newAgent(t, url)
  const body = randomBytes(64 * KIB)
  const expected = sha256(body)
  return async () => {
    const { data } = await fetchBytes(`${url}/digest`, { method: 'POST', headers: OCTETS, agent }, body)
    if ((JSON.parse(data.toString()) as Digest).sha256 !== expected) throw new Error('the upload arrived broken')
    return 1
  }
}

function downloads (t: Test, url: string): Client {
  const agent = newAgent(t, url)
  return async () => {
    const { data } = await fetchBytes(`${url}/bytes/${256 * KIB}`, { agent })
    if (data.length !== 256 * KIB) throw new Error(`the download has ${data.length} bytes`)
    return 1
  }
}

/** An agent with one connection at a time, which it reuses for as long as the server lets it. */
function newAgent (t: Test, url: string): http.Agent {
  const agent = url.startsWith('https:') ? new https.Agent({ keepAlive: true, maxSockets: 1 }) : new http.Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => { agent.destroy() })
  return agent
}

/** Clients of HTTP/2 that open a new session when the server says so, and retry only what it has not seen. */
export function http2Clients (t: Test, url: string): Record<string, Client> {
  const body = randomBytes(64 * KIB)
  return {
    'streams 1': sessions(t, url, async session => check((await stream(session, { ':path': '/' })).status)),
    'streams 2': sessions(t, url, async session => {
      const answers = await Promise.all(['/after/2', '/', '/at-once'].map(async path => await stream(session, { ':path': path })))
      return answers.reduce((count, { status }) => count + check(status), 0)
    }),
    'upload streams': sessions(t, url, async session => {
      const { data } = await stream(session, { ':path': '/digest', ':method': 'POST', ...OCTETS }, body)
      if ((JSON.parse(data.toString()) as Digest).sha256 !== sha256(body)) throw new Error('the upload arrived broken')
      return 1
    }),
    'download streams': sessions(t, url, async session => {
      const { data } = await stream(session, { ':path': `/bytes/${256 * KIB}` })
      if (data.length !== 256 * KIB) throw new Error(`the download has ${data.length} bytes`)
      return 1
    })
  }
}

function sessions (t: Test, url: string, run: (session: http2.ClientHttp2Session) => Promise<number>): Client {
  let session: http2.ClientHttp2Session | undefined
  t.teardown(() => { session?.destroy() })
  return async () => {
    for (;;) {
      if (session === undefined || session.closed || session.destroyed) {
        session = http2.connect(url, { ca })
        session.on('error', () => {}) // the streams get the error
        await once(session, 'connect')
      }
      try {
        return await run(session)
      } catch (err) {
        if (!isUnseen(err as NodeJS.ErrnoException)) throw err
      }
    }
  }
}

/** Whether the server has not seen the request: https://www.rfc-editor.org/rfc/rfc9113#section-8.7 */
function isUnseen ({ code, message }: NodeJS.ErrnoException): boolean {
  return (code === 'ERR_HTTP2_STREAM_ERROR' && message.includes('REFUSED_STREAM')) ||
    code === 'ERR_HTTP2_GOAWAY_SESSION' || code === 'ERR_HTTP2_INVALID_SESSION' // this client itself has not sent it
}

/** Checks the status of an answer. */
function check (status: number | undefined): 1 {
  if (status !== 200) throw new Error(`answered with ${status}`)
  return 1
}
