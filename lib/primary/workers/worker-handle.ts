import type { HandshakeStats, ReturnCounts, WorkerEvent, WorkerState, WorkerStats } from '../../../types/index.js'
import type { Buckets } from '../../histogram.js'
import type { SocketName } from '../../platform/node-internals.js'
import type { Ack, Connection, Frame, ReturnReason, Wire } from '../../lane.js'
import { post, type Pulse, type ToWorker } from '../../protocol.js'
import type { Child } from './fork.js'

/** A frame that was sent and is not acked yet. */
export interface OpenFrame extends Frame {
  /** By the clock, in milliseconds. */
  readonly sentAt: number
  /** Whether the worker is known to have received it, so that it cannot be taken back. */
  received: boolean
}

/** Counters since the worker's start. They only grow. */
export type WorkerCounts = Pick<WorkerStats, 'handedOff' | 'accepted' | 'refused' | 'takenBack' | 'returned' | 'requests' | 'stalls' | 'handshakes'> & {
  /** The durations of its requests in seconds, if it measures them. */
  durations: Buckets | undefined
}

/** A worker from the perspective of the primary. */
export class WorkerHandle {
  state: WorkerState = 'starting'
  /** The error for which it reported that it exits. */
  failure: Error | undefined
  /** The reason for which this process has killed it. */
  verdict: Error | undefined
  /** The number of its slot. Its successor has the same. */
  readonly place: number
  /** When its process was started, by the clock. */
  readonly startedAt: number
  /** How often a worker of its slot had crashed before it started. */
  restarts = 0
  /** The number of requests that it has begun to handle, as last reported. */
  requests = 0
  /** Its resident memory in bytes, as last reported. */
  rss = 0
  /** The share of the last second in which its event loop was busy, as last reported. */
  utilization = 0
  /** The longest delay of its event loop in the last second in milliseconds, as last reported. */
  delay = 0
  /** The number of stalls of its event loop, as last reported. */
  stalls = 0
  /** The number of completed TLS handshakes, as last reported. */
  handshakes: HandshakeStats = { full: 0, resumed: 0 }
  /** The durations of its requests in seconds, as last reported. */
  durations: Buckets | undefined
  /** Whether a debugger may be holding it, as last reported. */
  debugged = false
  /** Whether it has closed all its servers by itself. */
  closed = false
  /** The keys that it has served. It may return their connections until it exits. */
  readonly keys = new Set<string>()
  /** Whether its readyCheck is running. */
  checking = false
  #killed = false
  readonly #child: Child
  readonly #wire: Wire
  #frame: OpenFrame | null = null
  #full = false
  #frames = 0
  #whenSettled: Array<() => void> = []
  #handedOff = 0
  #accepted = 0
  #refused = 0
  #takenBack = 0
  readonly #returned: ReturnCounts = { drain: 0, time: 0, rescue: 0 }
  /** The last report: the number of open connections, and the number of connections ever taken. */
  #reported = { open: 0, taken: 0 }
  #saturated = false
  /** The time of its last pulse, by the clock, and the number of connections that it had been sent by then. */
  #pulsedAt: number
  #handedOffBefore = 0
  #rates = { handedOffRate: 0, requestRate: 0 }
  readonly #watchers = new Set<() => void>()

  constructor (readonly generation: number, child: Child, wire: Wire, place = child.id, startedAt = 0) {
    this.#child = child
    this.#wire = wire
    this.place = place
    this.startedAt = startedAt
    this.#pulsedAt = startedAt
  }

  get id (): number {
    return this.#child.id
  }

  get pid (): number | undefined {
    return this.#child.pid
  }

  /** The worker's properties for events. */
  get asEvent (): WorkerEvent {
    return { id: this.id, slot: this.place, pid: this.pid, generation: this.generation }
  }

  /** Whether this process has sent it SIGKILL. */
  get killed (): boolean {
    return this.#killed
  }

  /**
   * The number of connections that it has open: exact if the lane shows it, otherwise the last report plus
   * the connections acked since.
   */
  get open (): number {
    const { open, taken } = this.#reported
    return this.#wire.open() ?? open + Math.max(0, this.#accepted - taken)
  }

  /** The number of connections sent to it that are not acked. */
  get unacked (): number {
    return this.#frame?.connections.length ?? 0
  }

  /** Whether it should get connections only if no other worker can take them. */
  get saturated (): boolean {
    return this.#saturated
  }

  set saturated (saturated: boolean) {
    this.#saturated = saturated
    this.#changed()
  }

  /**
   * Calls `changed` whenever its credit or its number of open connections may have changed. The returned
   * function ends that.
   */
  watch (changed: () => void): () => void {
    this.#watchers.add(changed)
    return () => { this.#watchers.delete(changed) }
  }

  /** Records a pulse, with the worker's activity in the last second. */
  pulse ({ requests, rss, debugged, utilization, delay, stalls, handshakes, durations }: Pulse, now: number): void {
    const seconds = (now - this.#pulsedAt) / 1_000
    if (seconds > 0) {
      this.#rates = {
        handedOffRate: Math.round((this.#handedOff - this.#handedOffBefore) / seconds),
        requestRate: Math.round(Math.max(0, requests - this.requests) / seconds)
      }
    }
    this.#pulsedAt = now
    this.#handedOffBefore = this.#handedOff
    Object.assign(this, { requests, rss, debugged, utilization, delay, stalls, handshakes, durations })
  }

  report (open: number, taken: number): void {
    this.#reported = { open, taken }
    this.#changed()
  }

  /** Whether a frame may be sent to it: it has no un-acked frame, and its wire is not full. */
  get hasCredit (): boolean {
    return this.#frame === null && !this.#full
  }

  /** Whether its wire had no room at the last attempt. It has no credit until {@link retry}. */
  get isFull (): boolean {
    return this.#full
  }

  /** Its un-acked frame. */
  get frame (): OpenFrame | null {
    return this.#frame
  }

  /** Returns false if nothing was sent; then it has no credit until {@link retry}. */
  send (key: string, connections: readonly Connection[], sentAt: number): boolean {
    const frame = { number: this.#frames + 1, key, connections, sentAt, received: false }
    if (!this.#wire.send(frame)) {
      this.#full = true
      this.#changed()
      return false
    }
    this.#frames++
    this.#frame = frame
    this.#handedOff += connections.length
    this.#changed()
    return true
  }

  /** To be called when its wire may have room again. */
  retry (): void {
    this.#full = false
    this.#changed()
  }

  /**
   * Takes back its un-acked frame, if it has not received it. The connections belong to the primary again.
   * The worker has no credit until it acks the empty frame that it is sent instead.
   */
  takeBack (): OpenFrame | undefined {
    const frame = this.#frame
    if (frame === null || frame.received || frame.connections.length === 0) return undefined
    if (!this.#wire.takeBack(frame)) {
      frame.received = true // its ack or its exit will tell which connections it has taken
      return undefined
    }
    this.#takenBack += frame.connections.length
    this.#frame = null
    this.send(frame.key, [], frame.sentAt)
    this.#settled()
    return frame
  }

  /**
   * Returns the frame that the ack belongs to, which is then closed. Undefined if the ack belongs to no open
   * frame, or refuses a connection that is not in it.
   */
  settle ({ number, refused }: Ack): OpenFrame | undefined {
    const frame = this.#frame
    if (frame?.number !== number || refused.some(place => place >= frame.connections.length)) return undefined
    this.#frame = null
    this.#refused += refused.length
    this.#accepted += frame.connections.length - refused.length
    this.#changed()
    this.#settled()
    return frame
  }

  /** Calls `run` as soon as no connection is un-acked, or at once if none is. */
  whenSettled (run: () => void): void {
    this.#whenSettled.push(run)
    this.#settled()
  }

  /** Records that it has returned this many connections. Returns false if it cannot have had so many. */
  returns (reason: ReturnReason, count: number): boolean {
    this.#returned[reason] += count
    const { drain, time, rescue } = this.#returned
    return drain + time + rescue <= this.#handedOff - this.#takenBack - this.#refused
  }

  /** Passes on the connections that it has returned by now. */
  readReturns (): void {
    this.#wire.readReturns()
  }

  /** Ends a dead worker. Returns its open frame, and the connections in it that it had not taken. Then {@link close} it. */
  end (): { frame: Frame, untaken: readonly Connection[] } | undefined {
    const frame = this.#frame
    const untaken = frame === null ? [] : this.#wire.untaken(frame)
    this.#frame = null
    this.#whenSettled = []
    return frame === null ? undefined : { frame, untaken }
  }

  /** Closes the lane of a dead worker. What it has returned is passed on first. */
  close (): void {
    this.#wire.close()
  }

  /** Lets it return this many connections, although it is blocked. */
  invite (count: number): void {
    this.#wire.invite(count)
  }

  tell (message: ToWorker): void {
    post(this.#child.channel, message)
  }

  /** Called when its server listens: emits node:cluster's events for the app. */
  listening (names: ReadonlyArray<SocketName | string>): void {
    this.#child.listening(names)
  }

  kill (signal: NodeJS.Signals): void {
    if (signal === 'SIGKILL') this.#killed = true
    this.#child.kill(signal)
  }

  #changed (): void {
    for (const changed of this.#watchers) changed()
  }

  #settled (): void {
    if (this.#whenSettled.length === 0 || (this.#frame !== null && this.#frame.connections.length > 0)) return
    const waiting = this.#whenSettled
    this.#whenSettled = []
    for (const run of waiting) run()
  }

  get counts (): WorkerCounts {
    return {
      handedOff: this.#handedOff,
      accepted: this.#accepted,
      refused: this.#refused,
      takenBack: this.#takenBack,
      returned: { ...this.#returned },
      requests: this.requests,
      stalls: this.stalls,
      handshakes: this.handshakes,
      durations: this.durations
    }
  }

  /** @param now by the clock */
  stats (now = this.startedAt): WorkerStats {
    const { durations, ...counts } = this.counts
    return {
      id: this.id,
      slot: this.place,
      pid: this.pid,
      state: this.state,
      generation: this.generation,
      age: Math.round(now - this.startedAt),
      ...counts,
      ...this.#rates,
      unacked: this.unacked,
      open: this.open,
      rss: this.rss,
      utilization: this.utilization,
      delay: this.delay,
      saturated: this.saturated,
      restarts: this.restarts
    }
  }
}
