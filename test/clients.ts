import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import type { Test } from 'tap'
import { type Answer, fixturePath } from './helper.js'

/** The certificate that a client has to trust for an app with TLS. */
export const ca = readFileSync(fixturePath('tls/cert.pem'))

/** A client that shows what a library would hide: bytes, order, and who closed when. */
export class RawClient {
  readonly socket: net.Socket
  /** Resolves with 'end' if the server closed, or with the error's code. */
  readonly closed: Promise<string>
  #text = ''
  #over = false
  #waiting: Array<() => void> = []

  private constructor (socket: net.Socket) {
    this.socket = socket
    let code = 'end'
    socket.setEncoding('latin1')
    socket.on('data', chunk => {
      this.#text += String(chunk)
      this.#wake()
    })
    socket.once('end', () => {
      this.#over = true
      this.#wake()
    })
    socket.once('error', (err: NodeJS.ErrnoException) => { code = err.code as string })
    this.closed = new Promise(resolve => {
      socket.once('close', () => {
        this.#over = true
        this.#wake()
        resolve(code)
      })
    })
  }

  /** Connects, with TLS for an https URL. Closed at the end of the test. */
  static async connect (t: Pick<Test, 'teardown'>, url: string, options: Partial<net.TcpNetConnectOpts & tls.ConnectionOptions> = {}): Promise<RawClient> {
    const { protocol, hostname, port } = new URL(url)
    const to = { host: hostname, port: Number(port), ...options }
    const socket = protocol === 'https:' ? tls.connect({ ca, ...to }) : net.connect(to)
    t.teardown(() => { socket.destroy() })
    const client = new RawClient(socket)
    await once(socket, protocol === 'https:' ? 'secureConnect' : 'connect')
    return client
  }

  write (text: string | Buffer): void {
    this.socket.write(text)
  }

  /** Sends a GET for each path, in one write. */
  get (...paths: string[]): void {
    this.write(paths.map(path => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`).join(''))
  }

  /** Sends the headers of an upload of `length` bytes. */
  post (path: string, length: number, headers: Record<string, string> = {}): void {
    const lines = Object.entries({ 'Content-Type': 'application/octet-stream', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
    this.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n${lines.join('')}\r\n`)
  }

  /** Reads and removes everything up to `end`. Rejects if the server closes before. */
  async until (end: string): Promise<string> {
    for (;;) {
      const at = this.#text.indexOf(end)
      if (at >= 0) return this.#take(at + end.length)
      await this.#more(JSON.stringify(end))
    }
  }

  /** Reads the next answer, whose body must have a length. */
  async answer (): Promise<Answer> {
    const [first, ...lines] = (await this.until('\r\n\r\n')).trimEnd().split('\r\n') as [string, ...string[]]
    const headers = Object.fromEntries(lines.map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    })) as http.IncomingHttpHeaders
    const length = Number(headers['content-length'] ?? 0)
    while (this.#text.length < length) await this.#more('the whole body')
    return { status: Number(first.split(' ')[1]), headers, body: this.#take(length) }
  }

  /** Reads an answer, and returns the id of the worker in it. */
  async worker (): Promise<number> {
    return (JSON.parse((await this.answer()).body) as { worker: number }).worker
  }

  #take (length: number): string {
    const taken = this.#text.slice(0, length)
    this.#text = this.#text.slice(length)
    return taken
  }

  async #more (awaited: string): Promise<void> {
    if (this.#over) throw new Error(`the server closed, without ${awaited}, after ${JSON.stringify(this.#text.slice(-200))}`)
    await new Promise<void>(resolve => { this.#waiting.push(resolve) })
  }

  #wake (): void {
    for (const run of this.#waiting.splice(0)) run()
  }
}

export interface Digest { worker: number, bytes: number, sha256: string }

export function sha256 (data: Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

/** Starts a request with node:http or node:https. */
export function begin (url: string, options: https.RequestOptions = {}): http.ClientRequest {
  return url.startsWith('https:') ? https.request(url, { ca, ...options }) : http.request(url, options)
}

/** Sends `body` and collects the answer, as bytes. */
export async function fetchBytes (url: string, options: https.RequestOptions = {}, body?: Buffer): Promise<{ res: http.IncomingMessage, data: Buffer }> {
  const req = begin(url, { agent: false, ...options })
  req.end(body)
  const [res] = await once(req, 'response') as [http.IncomingMessage]
  return { res, data: Buffer.concat(await res.toArray() as Buffer[]) }
}

export async function fetchJson<T> (url: string, options: https.RequestOptions = {}, body?: Buffer): Promise<T> {
  return JSON.parse((await fetchBytes(url, options, body)).data.toString()) as T
}

/** An HTTP/2 session, closed at the end of the test. */
export async function openSession (t: Test, url: string): Promise<http2.ClientHttp2Session> {
  const session = http2.connect(url, { ca })
  session.on('error', () => {})
  t.teardown(() => { session.destroy() })
  await once(session, 'connect')
  return session
}

/** Makes one HTTP/2 request, to its end. */
export async function stream (session: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders, body?: Buffer): Promise<{ status: number, data: Buffer }> {
  const req = session.request(headers, { endStream: body === undefined })
  if (body !== undefined) req.end(body)
  const [answer] = await once(req, 'response') as [http2.IncomingHttpHeaders & { ':status': number }]
  return { status: answer[':status'], data: Buffer.concat(await req.toArray() as Buffer[]) }
}
