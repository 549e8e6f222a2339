import { once } from 'node:events'
import net from 'node:net'
import tls from 'node:tls'
import type { Test } from 'tap'
import { ca } from './clients.js'

const DATA = 0
const HEADERS = 1
const RST_STREAM = 3
const SETTINGS = 4
const PING = 6
const GOAWAY = 7
const WINDOW_UPDATE = 8

const ACK = 1
const END_STREAM = 1
const END_HEADERS = 4

const INITIAL_WINDOW_SIZE = 4
const LARGEST_WINDOW = 2 ** 31 - 1
/** The initial window of a connection. */
const FIRST_WINDOW = 2 ** 16 - 1

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** The last stream in a shutdown notice: https://www.rfc-editor.org/rfc/rfc9113#section-6.8 */
export const HIGHEST_STREAM = 2 ** 31 - 1

/**
 * An HTTP/2 client that reads and writes frames. It knows which streams it has really sent; a library also
 * reports streams as refused that it had only queued. Its windows are as large as possible.
 */
export class RawSession {
  readonly socket: net.Socket
  /** The last streams that GOAWAY frames have named, in order. */
  readonly goaways: number[] = []
  /** The streams that the server has reset, with the error codes. */
  readonly resets: Array<{ stream: number, code: number }> = []
  /** The streams whose answers are complete. */
  readonly answered = new Set<number>()
  /** The last stream that was sent. */
  last = -1
  /** Bytes of all answers. */
  bytes = 0
  readonly closed: Promise<unknown>
  #input = Buffer.alloc(0)
  readonly #secure: boolean
  #waiting: Array<() => void> = []

  private constructor (socket: net.Socket, secure: boolean) {
    this.socket = socket
    this.#secure = secure
    this.closed = once(socket, 'close')
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => { this.#wake() })
    socket.on('data', (chunk: Buffer) => {
      this.#input = Buffer.concat([this.#input, chunk])
      while (this.#input.length >= 9 && this.#input.length >= 9 + this.#input.readUIntBE(0, 3)) this.#take()
      this.#wake()
    })
    socket.write(PREFACE)
    const window = Buffer.alloc(6)
    window.writeUInt16BE(INITIAL_WINDOW_SIZE)
    window.writeUInt32BE(LARGEST_WINDOW, 2)
    this.#send(SETTINGS, 0, 0, window)
    const more = Buffer.alloc(4)
    more.writeUInt32BE(LARGEST_WINDOW - FIRST_WINDOW)
    this.#send(WINDOW_UPDATE, 0, 0, more)
  }

  static async connect (t: Pick<Test, 'teardown'>, url: string): Promise<RawSession> {
    const { protocol, port } = new URL(url)
    const secure = protocol === 'https:'
    const socket = secure ? tls.connect({ host: '127.0.0.1', port: Number(port), ca, servername: 'localhost', ALPNProtocols: ['h2'] }) : net.connect(Number(port), '127.0.0.1')
    t.teardown(() => { socket.destroy() })
    await once(socket, secure ? 'secureConnect' : 'connect')
    socket.setNoDelay()
    return new RawSession(socket, secure)
  }

  /** Sends a GET on a new stream. */
  get (path: string): number {
    this.last += 2
    // From HPACK's static table (RFC 7541, appendix A): GET and the scheme as indexed fields; :path and
    // :authority as indexed names with literal values.
    const headers = Buffer.concat([Buffer.from([0x82, this.#secure ? 0x87 : 0x86]), literal(4, path), literal(1, 'localhost')])
    this.#send(HEADERS, END_STREAM | END_HEADERS, this.last, headers)
    return this.last
  }

  /** Whether the server accepts no new streams. */
  get told (): boolean {
    return this.goaways.length > 0
  }

  /** Resolves when the condition holds. Rejects if the connection is closed before. */
  async until (holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.socket.destroyed) throw new Error(`closed: sent up to ${this.last}, answered ${this.answered.size}, GOAWAY ${this.goaways.join()}`)
      await new Promise<void>(resolve => { this.#waiting.push(resolve) })
    }
  }

  #take (): void {
    const length = this.#input.readUIntBE(0, 3)
    const [type, flags] = [this.#input[3] as number, this.#input[4] as number]
    const stream = this.#input.readUInt32BE(5) & HIGHEST_STREAM
    const payload = this.#input.subarray(9, 9 + length)
    this.#input = this.#input.subarray(9 + length)
    if (type === DATA) this.bytes += length
    if ((type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0) this.answered.add(stream)
    if (type === RST_STREAM) this.resets.push({ stream, code: payload.readUInt32BE(0) })
    if (type === PING && (flags & ACK) === 0) this.#send(PING, ACK, 0, payload)
    if (type === SETTINGS && (flags & ACK) === 0) this.#send(SETTINGS, ACK, 0)
    if (type === GOAWAY) this.goaways.push(payload.readUInt32BE(0))
  }

  #send (type: number, flags: number, stream: number, payload = Buffer.alloc(0)): void {
    const head = Buffer.alloc(9)
    head.writeUIntBE(payload.length, 0, 3)
    head[3] = type
    head[4] = flags
    head.writeUInt32BE(stream, 5)
    this.socket.write(Buffer.concat([head, payload]))
  }

  #wake (): void {
    for (const run of this.#waiting.splice(0)) run()
  }
}

/** A literal header field without indexing, with an indexed name. */
function literal (name: number, value: string): Buffer {
  return Buffer.concat([Buffer.from([name, value.length]), Buffer.from(value)])
}

/** A proxy to the server that delays data by this many milliseconds in both directions. */
export async function distant (t: Pick<Test, 'teardown'>, url: string, delay: number): Promise<string> {
  const { protocol, port } = new URL(url)
  const sockets = new Set<net.Socket>()
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, client => {
    const upstream = net.connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    pass(client, upstream)
    pass(upstream, client)
  })
  const pass = (from: net.Socket, to: net.Socket): void => {
    sockets.add(from)
    from.on('error', () => {})
    from.on('data', chunk => { setTimeout(() => { if (!to.destroyed) to.write(chunk) }, delay) })
    from.on('end', () => { setTimeout(() => { to.end() }, delay) })
    from.on('close', () => { setTimeout(() => { to.destroy() }, delay) })
  }
  server.listen(0, '127.0.0.1')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(server, 'listening')
  return `${protocol}//127.0.0.1:${(server.address() as net.AddressInfo).port}`
}
