import type net from 'node:net'

// To close a connection while bytes of the client's lie unread makes the kernel send RST, and what
// the client had not read of the answer is lost with it. So the answer is sent, then the end, and
// what the client still sends is read and thrown away until it closes too: lingering_close in nginx,
// lingering close in Apache.

/** What a socket has to be made with to linger. */
export interface LingerOptions {
  readable: true
  writable: true
  onread: { buffer: Uint8Array, callback (size: number): boolean }
}

export interface Limits {
  /**
   * Milliseconds until a client that does not close is left alone. It needs a round trip to do so,
   * and a second is what TCP itself takes for the longest to be expected (RFC 6298, 2.1).
   */
  time?: number
  /** The bytes of one client that are read. What Fastify takes by default: a body of 1 MiB, and the headers. */
  bytes?: number
  /** How many linger at a time: each is a descriptor that the port may want. */
  most?: number
}

/** Connections that were answered without being read, until their clients have the answer. They keep no process alive. */
export class Lingering {
  readonly #time: number
  readonly #bytes: number
  readonly #most: number
  /** When each is closed at the latest; the oldest first, since all have the same time. */
  readonly #deadlines = new Map<net.Socket, number>()
  /** All read into this: nobody looks at it. */
  readonly #discarded = Buffer.alloc(65_536)
  #timer: NodeJS.Timeout | undefined

  constructor ({ time = 1_000, bytes = 1_048_576 + 65_536, most = 1_024 }: Limits = {}) {
    this.#time = time
    this.#bytes = bytes
    this.#most = most
  }

  /** Answers and ends the connection that `open` makes a socket for. @throws what `open` does */
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
    // Nothing was sent before, so all of it fits. A client that leaves no room for it is not waited for.
    if (socket.writableLength > 0) socket.destroy()
    else this.#add(socket)
  }

  #add (socket: net.Socket): void {
    // The oldest goes, which had the longest time to read its answer. The newest has had none.
    if (this.#deadlines.size === this.#most) this.#close(this.#deadlines.keys().next().value as net.Socket)
    this.#deadlines.set(socket, performance.now() + this.#time)
    this.#wait(this.#time)
  }

  // One timer for all of them. It runs out once for nothing when they close before it does.
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
