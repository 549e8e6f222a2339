import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Something that is polled; known to the addon alone. */
export type Poller = object & { readonly __poller: unique symbol }

/** What ends this process after its parent; known to the addon alone. */
export type ParentWatch = object & { readonly __watch: unique symbol }

/** What native/fd_lane.c exports. Descriptors are plain numbers, and belong to whoever was given them. */
export interface Addon {
  /** The most descriptors in one frame; the length of every array of them here. */
  readonly FRAME_SIZE: number
  /**
   * listen(2) on a bound descriptor, and accept from it into `fds`, a batch at a time. After an
   * error (a libuv number) it is paused. @throws listen(2)'s error, with its `errno`
   */
  listen (fd: number, backlog: number, fds: Int32Array, onConnections: (count: number, error: number) => void): Poller
  /** Accepts a batch into its `fds`, now: how many, or the libuv error where there are none. */
  accept (listener: Poller): number
  pause (listener: Poller): void
  resume (listener: Poller): void
  /** Ends the polling; the descriptor can be closed then. */
  unpoll (poller: Poller): void
  address (fd: number): string | undefined
  close (fds: Int32Array, count: number): void
  /** Closes a connection by RST; one of a Unix socket without. */
  reset (fd: number): void
  /** The primary's end and the worker's. */
  pair (): [number, number]
  /** 0, or the libuv error by which nothing was sent. */
  send (lane: number, number: number, key: string, fds: Int32Array, count: number): number
  /**
   * 1: the frame of this number lay in the worker's end, and now will never be received. A libuv error,
   * EAGAIN: the worker has it. 0: it has, and has shut its end down. EPROTO: another frame lay there,
   * and is gone.
   */
  takeBack (workersEnd: number, number: number): number
  /** Throws away what the worker has not received. */
  discard (workersEnd: number): void
  /** An error (a libuv number) is the last call: the worker has shut its end down, or sent what is no ack. */
  acks (lane: number, onAck: (number: number, refusedLow: number, refusedHigh: number, leaving: number, error: number) => void): Poller
  createRow (): number
  mapRow (fd: number): ArrayBuffer
  receive (lane: number, row: ArrayBuffer, fds: Int32Array, onFrame: (number: number, key: string, count: number, arrived: number, isPipe: boolean) => void): Poller
  /** Marks a connection of the frame under way as this worker's own. */
  take (receiver: Poller, place: number): void
  /** Of the frame under way, only this one is this worker's own. */
  takeOnly (receiver: Poller, place: number): void
  /** 0, or a libuv error. */
  ack (lane: number, number: number, refusedLow: number, refusedHigh: number, leaving: boolean): number
  /**
   * Ends this process by SIGKILL so many milliseconds after the end of its parent, which has this pid,
   * whatever its event loop does meanwhile. Its thread keeps no process alive.
   */
  watchParent (pid: number, patience: number): ParentWatch
  setPatience (watch: ParentWatch, patience: number): void
  /** From here on this process may outlive its parent. */
  unwatch (watch: ParentWatch): void
}

/**
 * The addon: as built by this repository, or the published prebuild.
 * @throws what keeps it from loading: no build for this platform, ERR_DLOPEN_DISABLED, ERR_DLOPEN_FAILED
 */
export function loadAddon (): Addon {
  const load = createRequire(import.meta.url)('node-gyp-build') as (folder: string) => Addon
  return load(fileURLToPath(new URL('../../native', import.meta.url)))
}

/** The addon takes only arrays of a frame's size. */
let fds: Int32Array | undefined

export function closeDescriptor (addon: Addon, fd: number): void {
  fds ??= new Int32Array(addon.FRAME_SIZE)
  fds[0] = fd
  addon.close(fds, 1)
}
