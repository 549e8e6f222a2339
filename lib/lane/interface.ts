import type { LaneName } from '../../types/index.js'
import type { RawHandle } from '../platform/node-internals.js'
import type { Channel, ReturnReason } from '../protocol.js'

// A lane defines both how connections are accepted and how they are sent to a worker. The two belong
// together, because each lane represents connections differently (JS handles, descriptor numbers).

/**
 * An accepted connection that the primary still owns. Opaque outside of the lane. After close(), shed() or
 * reset() it must not be used.
 */
export interface Connection {
  /** When it was accepted, or could be read from again, by the clock of the handoff. */
  acceptedAt: number
  /** What its former worker left for the next one. The primary does not read it. */
  note: string
  /** Closes the primary's copy. The connection ends if no other process has a copy. */
  close (): void
  /** Ends the connection, and closes the primary's copy: a worker that is blocked may still have another. */
  end (): void
  /**
   * Sends an answer without having read anything, and ends the connection in such a way that the client
   * receives the answer. The answer is sent at once; the lane does the rest in the background.
   */
  shed (answer: Buffer): void
  /** Closes the connection with RST: the client gets ECONNRESET. Unix sockets have no RST, and are closed normally. */
  reset (): void
  /** The client's address. Undefined for a Unix socket. */
  address (): string | undefined
}

/** Connections that are sent to a worker in one message. */
export interface Frame {
  /** Counts up for each worker. An ack contains the number of its frame. */
  readonly number: number
  readonly key: string
  readonly connections: readonly Connection[]
}

export interface Ack {
  readonly number: number
  /** The positions of the refused connections in the frame. */
  readonly refused: readonly number[]
  /** Whether the worker wants no more connections. */
  readonly leaving: boolean
}

export type { ReturnReason }

/** A connection that a worker has returned. The primary owns it. */
export interface Returned {
  readonly connection: Connection
  /** Milliseconds for which it may stay idle. */
  readonly left: number
}

/** What a connection is that a primary hands to its successor: on the way to a worker, or idle and held. */
export const HANDED = ['pending', 'held'] as const
export type Handed = typeof HANDED[number]

/** Hands connections to the primary that takes the place of this one. */
export interface Handover {
  /** Descriptors that the successor's process inherits. */
  readonly inherited: readonly number[]
  /** Called when its process has been started. `channel` is its IPC channel. */
  start (channel: Channel): void
  /** The connections are the successor's from now on. They wait while there is no room. */
  send (key: string, as: Handed, connections: readonly Returned[]): void
  /** Resolves when everything has been sent, or the successor is gone. */
  sent (): Promise<void>
  close (): void
}

/** Called with the connections that a predecessor hands over. */
export type OnHanded = (key: string, as: Handed, connections: readonly Returned[]) => void

/** The primary's end of the lane to one worker. */
export interface Wire {
  /** Descriptors that the worker's process inherits, beginning at number 4. */
  readonly inherited: readonly number[]
  /** Called when the process has been forked. `channel` is its IPC channel. */
  start (channel: Channel): void
  /**
   * Sends a frame of at most `frameSize` connections. The previous frame must have been acked. Returns false
   * if nothing was sent: try again later, or the wire is broken.
   */
  send (frame: Frame): boolean
  /**
   * Tries to take back the frame that was sent last. Returns true if the worker has not received it, and now
   * never will. Only if the lane `takesBack`.
   */
  takeBack (frame: Frame): boolean
  /** The number of connections that the worker has open, if it is visible to the primary. */
  open (): number | undefined
  /** The connections in the last frame of a dead worker that it had not taken. */
  untaken (frame: Frame): readonly Connection[]
  /** Passes on the connections that the worker has returned, and that are still on their way. */
  readReturns (): void
  /** Lets a blocked worker return this many connections on which requests wait. Only if the lane rescues. */
  invite (count: number): void
  /** Passes on what a dead worker has returned, and closes everything. */
  close (): void
}

/** Accepts connections from one port. */
export interface Acceptor {
  /** Leaves new connections in the kernel's queue until {@link resume} or {@link accept}. Only if the lane `pauses`. */
  pause (): void
  resume (): void
  /** Accepts at most a batch of the connections that are in the kernel's queue now. */
  accept (): readonly Connection[]
  /**
   * Accepts the connections that are in the kernel's queue by now, then closes the port. Resolves when that
   * is done.
   */
  close (): Promise<void>
  /**
   * Closes the port before it returns, and accepts nothing any more: the process may be about to exit, and a
   * socket file would be left; or the kernel's queue is for another process that has the socket.
   */
  abort (): void
}

export interface AcceptEvents {
  onConnections (connections: readonly Connection[]): void
  /**
   * Called when accepting begins to fail, once until it works again. Connections that could not be accepted
   * stay in the kernel's queue.
   */
  onError (err: NodeJS.ErrnoException): void
}

export interface WireEvents {
  onAck (ack: Ack): void
  /**
   * The worker has shut its end down, has sent something that is not an ack, or has acked a frame that it
   * has not received. Nothing can be sent to it any more. Called at most once.
   */
  onBroken (err: NodeJS.ErrnoException): void
  /** The worker has returned connections. They are open, as far as can be known without reading. */
  onReturned (key: string, reason: ReturnReason, returned: readonly Returned[]): void
  /** The worker is blocked, and requests wait on its kept connections. */
  onWant (): void
}

/** Watches connections without taking a byte from them that their next worker does not get. */
export interface Hold {
  /**
   * Watches a connection, and calls `ready` once: when a request has begun to arrive, or with `gone` when
   * the client has closed it. Nobody else may use the connection until then, or until {@link release}.
   * Returns false if it cannot be watched.
   */
  add (connection: Connection, ready: (gone: boolean) => void): boolean
  /** Ends the watch, if there is one. Returns whether a request has begun to arrive, as far as can be known. */
  release (connection: Connection): boolean
}

/** The primary's side of a lane. */
export interface Lane {
  readonly name: LaneName
  /** The most connections in a frame. */
  readonly frameSize: number
  /** Whether new connections can be left in the kernel's queue. */
  readonly pauses: boolean
  /** Whether a frame can be taken back if its worker has not received it. */
  readonly takesBack: boolean
  /**
   * Listens and accepts on a bound handle, which belongs to the lane from now on.
   * @throws listen(2)'s error, such as EADDRINUSE; the handle is closed then
   */
  listen (bound: RawHandle, backlog: number, events: AcceptEvents): Acceptor
  createWire (events: WireEvents): Wire
  readonly hold: Hold
  createHandover (): Handover
  /**
   * Receives what a predecessor with the same lane hands over. Returns a function that passes on what is on
   * its way, and ends it.
   * @param channel the IPC channel to the predecessor
   * @param inherited the descriptors of {@link Handover.inherited}, by their numbers in this process
   */
  receiveHandover (channel: Channel, inherited: readonly number[], onHanded: OnHanded): () => void
}

/** A connection that a worker wants to return. */
export interface Return {
  readonly handle: RawHandle
  /** Milliseconds for which it may stay idle. */
  readonly left: number
  /** For its next worker. At most MOST_NOTE characters. */
  readonly note: string
}

export interface LotEvents {
  /** Something has arrived on these, by their places. They are not parked any more. */
  onReadable (places: readonly number[]): void
  /** The primary has these now. This process only has to close its copies. */
  onMoved (places: readonly number[]): void
}

/** Idle connections of a worker, which a thread can return while the event loop is blocked. */
export interface Lot {
  /** The number of places. */
  readonly size: number
  /** Parks a connection that nobody reads from. Returns false if it could not be. */
  park (place: number, key: string, connection: Return): boolean
  /** Returns whether the connection is still this process's. If not, it has been moved. */
  unpark (place: number): boolean
}

/** The worker's side of a lane. */
export interface WorkerLane {
  /** Shows the primary the number of open connections, if the lane can do that. */
  showOpen (open: number): void
  /** The most connections that can be returned at once. */
  readonly mostReturns: number
  /**
   * Returns connections that nobody reads from. Calls `done` once for each, by its place, perhaps at once:
   * with true if the primary has it, and this process only has to close its copy; with false if nothing has
   * happened.
   */
  giveBack (key: string, reason: ReturnReason, connections: readonly Return[], done: (place: number, returned: boolean) => void): void
  /** The primary is gone: returns that it has not answered have come to nothing. */
  lost (): void
  /**
   * Opens the lot, whose connections are rescued when they have waited for `patience` milliseconds. Once.
   * Undefined if the lane has none.
   */
  openLot (patience: number, events: LotEvents): Lot | undefined
}

/** The worker's side of a lane asks this about each connection that arrives. */
export interface Receiver {
  /** Reserves a place in the key's server. Null: the connection is refused. */
  admit (key: string): Admission | null
  /** Whether this worker wants no more connections. */
  readonly leaving: boolean
}

/** A reserved place in a server, for one connection. */
export interface Admission {
  /** @param head what has been read from it already */
  inject (client: RawHandle, note: string, head?: Buffer): void
  cancel (): void
}
