import type { Acceptor, AcceptEvents, Connection, Lane } from '../../lane.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import { NotListeningFdError } from '../../errors.js'
import type { Clock } from '../../platform/clock.js'
import type { BoundFile } from '../../platform/bound-file.js'
import { NO_PORT, systemError } from '../../platform/system-error.js'
import type { Handoff } from '../dealing/handoff.js'
import type { Bound } from './listener.js'

/** Milliseconds for which connections may stay in the kernel's queue while no ack arrives. The queue may be short. */
const MOST_WAIT = 2

export interface IntakeParts {
  /** Gets the accepted connections. */
  handoff: Handoff
  /** If this many connections are pending, accepting stops until half of them are gone. */
  maxPending: number
  /** Whether connections may be left in the kernel's queue. */
  mayWait: boolean
  lane: Lane
  clock: Clock
  log: SafeLog
}

/**
 * Decides when a port accepts. It accepts at once, until a connection is pending and no worker has credit.
 * From then on, new connections stay in the kernel's queue, and are fetched when a worker has credit again.
 * That saves work for each connection when the primary is busy. If no ack arrives for MOST_WAIT, accepting
 * resumes, until too many connections are pending.
 */
export class Intake {
  /** Sockets of a predecessor, until this port accepts. */
  readonly #given: Bound[]
  readonly #files: BoundFile[]
  readonly #listen: (bound: Bound) => void
  readonly #acceptors: Acceptor[] = []
  readonly #handoff: Handoff
  readonly #clock: Clock
  readonly #pauses: boolean
  readonly #maxPending: number
  /** When the port was paused, or last fetched connections from the kernel. */
  #waitingSince: number | undefined
  /** No worker has had credit for too long: accept until one has. */
  #ackOverdue = false
  /** Too many connections are pending. */
  #full = false
  #cancelCheck: (() => void) | undefined

  /**
   * Listens on all bound handles but those of a predecessor, which listen already, and which {@link begin}
   * accepts from. If one of them fails, all are closed.
   * @throws listen(2)'s error, with the address
   * @throws SHARED_PORT_ERR_FD if an inherited descriptor cannot listen
   */
  constructor (bound: Bound[], { handoff, maxPending, mayWait, lane, clock, log }: IntakeParts) {
    this.#handoff = handoff
    this.#clock = clock
    this.#pauses = lane.pauses && mayWait
    this.#maxPending = maxPending
    const { key } = handoff
    const events: AcceptEvents = {
      onConnections: connections => { handoff.distribute(connections) },
      onError: err => { log.error({ event: 'accept-error', err, key }, 'cannot accept connections on %s (%s): retrying', key, err.message) }
    }
    this.#given = bound.filter(({ given }) => given === true)
    this.#files = bound.flatMap(({ file, given }) => given === true ? [] : file ?? []) // until it accepts, a predecessor's file is the predecessor's
    this.#listen = ({ handle, backlog }) => { this.#acceptors.push(lane.listen(handle, backlog, events)) }
    bound.forEach((one, place) => {
      try {
        if (one.given !== true) this.#listen(one)
      } catch (err) {
        for (const { handle } of bound.slice(place + 1).filter(({ given }) => given !== true)) handle.close()
        this.abort()
        throw listenError(err as NodeJS.ErrnoException, one)
      }
    })
  }

  /** Begins to accept on the sockets of a predecessor. They listen already, so nothing can fail. */
  begin (): void {
    for (const one of this.#given.splice(0)) {
      this.#listen(one)
      if (one.file !== undefined) this.#files.push(one.file)
    }
  }

  /**
   * Accepts a batch from each port if they are paused. To be called when a worker has credit, before
   * connections are dealt.
   */
  fetch (): readonly Connection[] {
    this.#ackOverdue = false
    if (this.#waitingSince === undefined || this.#full) return []
    this.#waitingSince = this.#clock.now()
    return this.#acceptors.flatMap(acceptor => acceptor.accept())
  }

  /** To be called when all connections are dealt that can be. */
  dealt (): void {
    if (!this.#pauses) return
    const { pending, hasCredit } = this.#handoff
    const wasFull = this.#full
    this.#full = this.#full ? pending > this.#maxPending / 2 : pending >= this.#maxPending
    if (this.#full) this.#ackOverdue = false
    if (hasCredit && !this.#full) this.#resume()
    else if (pending > 0) this.#pause()
    // It may take long until a worker has credit, and without pending connections no other event resumes accepting.
    else if (wasFull && this.#acceptors.length > 0) this.#cancelCheck ??= this.#checkIn(MOST_WAIT)
  }

  /** Accepts the connections that are in the kernel's queue by now, then closes, and removes socket files. */
  async close (): Promise<void> {
    this.#cancelCheck?.()
    for (const file of this.#files.splice(0)) file.remove()
    for (const { handle } of this.#given.splice(0)) handle.close()
    await Promise.all(this.#acceptors.splice(0).map(async acceptor => { await acceptor.close() }))
  }

  /** Closes at once, and removes socket files. The connections that are in the kernel's queue are reset. */
  abort (): void {
    for (const file of this.#files.splice(0)) file.remove()
    this.leave()
  }

  /** Closes at once. What is in the kernel's queue is for another process, and so are the socket files. */
  leave (): void {
    this.#cancelCheck?.()
    this.#files.length = 0
    for (const { handle } of this.#given.splice(0)) handle.close()
    for (const acceptor of this.#acceptors.splice(0)) acceptor.abort()
  }

  #pause (): void {
    if (this.#ackOverdue || this.#acceptors.length === 0) return
    if (this.#waitingSince === undefined) for (const acceptor of this.#acceptors) acceptor.pause()
    this.#waitingSince ??= this.#clock.now()
    if (!this.#full) this.#cancelCheck ??= this.#checkIn(MOST_WAIT)
  }

  #resume (): void {
    if (this.#waitingSince === undefined) return
    this.#waitingSince = undefined
    for (const acceptor of this.#acceptors) acceptor.resume()
  }

  // One timer for many pauses: most pauses end long before it fires.
  #checkIn (delay: number): () => void {
    return this.#clock.after(Math.ceil(delay), () => {
      this.#cancelCheck = undefined
      if (this.#waitingSince === undefined || this.#full) return
      const left = this.#waitingSince + MOST_WAIT - this.#clock.now()
      if (left > 0) {
        this.#cancelCheck = this.#checkIn(left)
      } else {
        this.#ackOverdue = true
        this.#resume()
      }
    })
  }
}

/** Adds what could not be listened on, because there may be several. */
function listenError (err: NodeJS.ErrnoException, { name, fd }: Bound): Error {
  if (err.syscall !== 'listen' || err.errno === undefined) return err
  if (fd !== undefined) return new NotListeningFdError(fd, { cause: err })
  return systemError(err.errno, 'listen', typeof name === 'string' ? { address: name, port: NO_PORT } : name)
}
