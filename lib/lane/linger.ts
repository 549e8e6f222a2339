import type net from 'node:net'

// If a connection is closed while unread bytes of the client are in the receive buffer, the kernel sends RST,
// and the client loses the part of the answer that it has not read yet. So we send the answer and FIN, then
// read and discard what the client still sends until it closes too. nginx (lingering_close) and Apache
// (lingering close) do the same.

/** The options with which a lingering socket must be made. */
export interface LingerOptions {
  readable: true
  writable: true
  onread: { buffer: Uint8Array, callback (size: number): boolean }
}

export interface Limits {
  /**
   * Milliseconds after which a client that has not closed is cut off. Closing takes it a round trip, and TCP
   * itself assumes a second for the first one (RFC 6298, 2.1).
   */
  time?: number
  /** The most bytes that are read from one client. Fastify's default: a body of 1 MiB, plus headers. */
  bytes?: number
  /** The most connections that linger at a time, since each uses a descriptor that the port may need. */
  most?: number
}

/**
 * Connections that were answered without being read, and stay open until their clients have received the
 * answer. They do not keep the process alive.
 */
export class Lingering {
  readonly #time: number
  readonly #bytes: number
  readonly #most: number
  /** When each socket is closed at the latest. Oldest first, since the time is the same for all. */
  readonly #deadlines = new Map<net.Socket, number>()
  /** The buffer into which all discarded bytes are read. */
  readonly #discarded = Buffer.alloc(65_536)
  #timer: NodeJS.Timeout | undefined

  constructor ({ time = 1_000, bytes = 1_048_576 + 65_536, most = 1_024 }: Limits = {}) {
    this.#time = time
    this.#bytes = bytes
    this.#most = most
  }

  /** Sends the answer and ends the connection. `open` makes the socket. @throws what `open` throws */
  shed (open: (options: LingerOptions) => net.Socket, answer: Buffer): void {
    let left = this.#bytes
    const callback = (size: number): boolean => {
      left -= size
      if (left < 0) this.#close(socket)
      return true
    }
    const socket = open({ readable: true, writable: true, onread: { buffer: this.#discarded, callback } })
    socket.on('error', () => {}) // the client is gone: 'close' follows
    socket.on('close', () => { this.#deadlines.delete(socket) })
    socket.unref()
    socket.end(answer)
    // Nothing was sent on this connection before, so the answer fits into the send buffer. If it does not, do not wait.
    if (socket.writableLength > 0) socket.destroy()
    else this.#add(socket)
  }

  #add (socket: net.Socket): void {
    // Closes the oldest: it had the longest time to read its answer, and the newest has had none.
    if (this.#deadlines.size === this.#most) this.#close(this.#deadlines.keys().next().value as net.Socket)
    this.#deadlines.set(socket, performance.now() + this.#time)
    this.#wait(this.#time)
  }

  // One timer for all sockets. If they close earlier, it fires once for nothing.
  #wait (time: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      const now = performance.now()
      for (const [socket, deadline] of this.#deadlines) {
        if (deadline > now) return this.#wait(deadline - now)
        this.#close(socket)
      }
    }, time).unref()
  }

  #close (socket: net.Socket): void {
    this.#deadlines.delete(socket)
    socket.destroy()
  }
}
