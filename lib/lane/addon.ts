import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** A polled descriptor. Opaque outside of the addon. */
export type Poller = object & { readonly __poller: unique symbol }

/** The watch that kills this process after its parent has died. Opaque outside of the addon. */
export type ParentWatch = object & { readonly __watch: unique symbol }

/** The exports of native/fd_lane.c. Descriptors are plain numbers. Whoever gets one has to close it. */
export interface Addon {
  /** The most descriptors in a frame. All arrays of descriptors have this length. */
  readonly FRAME_SIZE: number
  /** The most parked connections. */
  readonly LOT_SIZE: number
  /**
   * Calls listen(2) on a bound descriptor, and accepts connections into `fds`, a batch at a time. After an
   * error (a libuv error number), accepting is paused. @throws listen(2)'s error, with its `errno`
   */
  listen (fd: number, backlog: number, fds: Int32Array, onConnections: (count: number, error: number) => void): Poller
  /** Whether it is a socket that listens. */
  listens (fd: number): boolean
  /** Accepts a batch into the listener's `fds` now. Returns their number, or a libuv error if there are none. */
  accept (listener: Poller): number
  pause (listener: Poller): void
  resume (listener: Poller): void
  /** Stops polling. The descriptor can be closed afterwards. */
  unpoll (poller: Poller): void
  address (fd: number): string | undefined
  close (fd: number): void
  /** Keeps an inherited descriptor from this process's own children. */
  closeOnExec (fd: number): void
  /** Closes a connection with FIN, even if another process has a copy of it. */
  end (fd: number): void
  /** Closes a connection with RST. One of a Unix socket is closed normally. */
  reset (fd: number): void
  /** Makes a socket pair: the primary's end and the worker's. */
  pair (): [number, number]
  /**
   * Sends a frame: to a worker, or from a worker over the return lane. Returns 0, or the libuv error with
   * which nothing was sent. @throws ERR_OUT_OF_RANGE if key or notes are too long
   */
  send (lane: number, number: number, key: string, notes: string, fds: Int32Array, count: number): number
  /**
   * Tries to receive the frame of this number from the worker's end. Returns 1 if it was still there: the
   * worker will never receive it. A libuv error: EAGAIN if the worker has received it, EPROTO if another
   * frame was there, which is lost now. 0 if the worker has received it and has shut its end down.
   */
  takeBack (workersEnd: number, number: number): number
  /** Discards everything that the worker has not received. */
  discard (workersEnd: number): void
  /**
   * Reads acks. A call with an error (a libuv error number) is the last one: the worker has shut its end
   * down, or sent something that is not an ack.
   */
  acks (lane: number, onAck: (number: number, refusedLow: number, refusedHigh: number, leaving: number, error: number) => void): Poller
  /**
   * Reads the return lane. `fds` has the connections, and -1 for one whose client has gone. After an error
   * (a libuv error number), nothing is read until resume(): EMFILE if there is no room for the descriptors,
   * which stay in the lane; anything else if the worker has sent something that is not a connection, or has
   * shut its end down.
   */
  returns (end: number, fds: Int32Array, onReturn: (reason: number, key: string, notes: string, count: number, error: number) => void): Poller
  /** Passes on everything that has been sent by now. */
  readReturns (returns: Poller): void
  /** Makes an epoll set. */
  createHold (): number
  /** Polls the set. `fds` has those that can be read from, and -1 - fd for those whose clients have gone. All are out of the set. */
  held (set: number, fds: Int32Array, onReady: (count: number) => void): Poller
  /** Returns 0, or a libuv error. */
  hold (set: number, fd: number): number
  /** Takes the descriptor out of the set, before it is closed. */
  release (set: number, fd: number): void
  /** Whether a byte can be read: 1, 0 if not yet, -1 if the client has gone. Reads nothing. */
  readable (fd: number): number
  /**
   * Starts the thread that watches parked connections while the event loop is blocked, for `patience`
   * milliseconds. Once in a process. `places` has the places of connections that can be read from, or that
   * have been moved; those places are free. @throws with `errno` if a system call fails
   */
  openLot (lane: number, patience: number, places: Int32Array, onReadable: (count: number) => void, onMoved: (count: number) => void): void
  /** Nobody may read from the descriptor until it is unparked, and it may not be closed. Returns 0, or a libuv error. */
  park (place: number, fd: number, key: string, notes: string): number
  /** Returns whether the connection is still this process's. If not, it has been moved. */
  unpark (place: number): boolean
  createRow (): number
  mapRow (fd: number): ArrayBuffer
  /** Receives frames. `pipesLow` and `pipesHigh` have a bit for each connection of a Unix socket. */
  receive (lane: number, row: ArrayBuffer, fds: Int32Array, onFrame: (number: number, key: string, notes: string, count: number, arrived: number, pipesLow: number, pipesHigh: number) => void): Poller
  /** Marks a connection of the current frame as taken by this worker. */
  take (receiver: Poller, place: number): void
  /** Marks one connection of the current frame as taken, and all others as not taken. */
  takeOnly (receiver: Poller, place: number): void
  /** Returns 0, or a libuv error. */
  ack (lane: number, number: number, refusedLow: number, refusedHigh: number, leaving: boolean): number
  /**
   * Kills this process with SIGKILL `patience` milliseconds after its parent, which has this pid, has died,
   * even if the event loop is blocked. The watching thread does not keep the process alive.
   */
  watchParent (pid: number, patience: number): ParentWatch
  setPatience (watch: ParentWatch, patience: number): void
  /** Lets this process outlive its parent from now on. */
  unwatch (watch: ParentWatch): void
  /**
   * Sends one datagram to a Unix socket: at a path, or by an abstract name, whose first byte is written as @.
   * Never waits. Returns 0, or the libuv error with which nothing was sent: EAGAIN if the other end does not
   * read. @throws ERR_OUT_OF_RANGE for a name of more than 108 bytes, or a message of more than 4096
   */
  notify (name: string, message: string): number
}

/**
 * Loads the addon: this repository's build, or the published prebuild.
 * @throws the error that prevents that: no build for this platform, ERR_DLOPEN_DISABLED, ERR_DLOPEN_FAILED
 */
export function loadAddon (): Addon {
  const load = createRequire(import.meta.url)('node-gyp-build') as (folder: string) => Addon
  return load(fileURLToPath(new URL('../../native', import.meta.url)))
}
