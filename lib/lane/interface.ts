import type { LaneName } from '../../types/index.js'
import type { RawHandle } from '../platform/node-internals.js'
import type { Channel } from '../protocol.js'

// A lane is how connections are taken from the port together with how they travel to a worker: the
// two belong together, since each lane holds something else (JS handles, descriptor numbers).

/** An accepted connection that the primary has not given away yet; opaque above the lane. What closes it, sheds it or resets it is the last call. */
export interface Connection {
  /** When it was accepted, by the clock of whoever deals it. */
  acceptedAt: number
  /** Closes the primary's copy: the client notices when nobody else has one. */
  close (): void
  /**
   * Answers a client of which no byte was read, and ends the connection in such a way that the client
   * gets the answer. It is sent at once; the rest is the lane's, and holds nobody up.
   */
  shed (answer: Buffer): void
  /** Closes by RST: the client gets ECONNRESET. A Unix socket has no such thing, and is closed. */
  reset (): void
  /** The client's address; undefined for a Unix socket. */
  address (): string | undefined
}

/** Connections sent to one worker in one message. */
export interface Frame {
  /** Counts up per worker: an ack names the frame that it is for. */
  readonly number: number
  readonly key: string
  readonly connections: readonly Connection[]
}

export interface Ack {
  readonly number: number
  /** The places of the refused ones in the frame. */
  readonly refused: readonly number[]
  /** The worker wants no more. */
  readonly leaving: boolean
}

/** The primary's end of the way to one worker. */
export interface Wire {
  /** Descriptors that the worker's process inherits, from number 4 on. */
  readonly inherited: readonly number[]
  /** The process is forked: `channel` leads to it. */
  start (channel: Channel): void
  /** Sends a frame of at most `frameSize`, the former one being acked. False: nothing was sent, try again later, or the wire is broken. */
  send (frame: Frame): boolean
  /** Whether the frame, the one sent last, has not been received, and now never will be. Only where the lane `takesBack`. */
  takeBack (frame: Frame): boolean
  /** How many connections the worker has open, where it can be seen from here. */
  open (): number | undefined
  /** Of the dead worker's open frame, what it had not taken. */
  untaken (frame: Frame): readonly Connection[]
  close (): void
}

/** A port that is being accepted from. */
export interface Acceptor {
  /**
   * What comes stays with the kernel until {@link resume}, or {@link accept}. Only where the lane `pauses`.
   */
  pause (): void
  resume (): void
  /** What the kernel has ready now, a batch of it at most. */
  accept (): readonly Connection[]
  /** Accepts what the kernel has ready by now, then closes the port; resolves when that is done. */
  close (): Promise<void>
}

export interface AcceptEvents {
  onConnections (connections: readonly Connection[]): void
  /** Accepting fails, and has not failed since it last worked: nothing was lost that a worker could have had. */
  onError (err: NodeJS.ErrnoException): void
}

export interface WireEvents {
  onAck (ack: Ack): void
  /** The worker has shut its end down, or sends what is no ack, or acks what it has not received: nothing can be sent to it any more. Called once at most. */
  onBroken (err: NodeJS.ErrnoException): void
}

/** The primary's side of a lane. */
export interface Lane {
  readonly name: LaneName
  /** The most connections in one frame. */
  readonly frameSize: number
  /** Whether what comes can be left with the kernel. */
  readonly pauses: boolean
  /** Whether a frame that its worker has not received can be taken back. */
  readonly takesBack: boolean
  /**
   * Begins to listen and accept on a bound handle, which belongs to the lane from here on.
   * @throws listen(2)'s error, EADDRINUSE for one; the handle is closed then
   */
  listen (bound: RawHandle, backlog: number, events: AcceptEvents): Acceptor
  createWire (events: WireEvents): Wire
}

/** What a worker's side of a lane asks for each connection that arrives. */
export interface Receiver {
  /** The way into the key's server; null: the connection is refused. */
  admit (key: string): Admission | null
  /** Whether this worker wants no more. */
  readonly leaving: boolean
}

/** A place in a server, held for one connection until it is used or given up. */
export interface Admission {
  inject (client: RawHandle): void
  cancel (): void
}
