import type { HandshakeStats, WorkerEvent, WorkerState, WorkerStats } from '../../../types/index.js'
import type { Buckets } from '../../histogram.js'
import type { SocketName } from '../../platform/node-internals.js'
import type { Ack, Connection, Frame, Wire } from '../../lane.js'
import { post, type Pulse, type ToWorker } from '../../protocol.js'
import type { Child } from './fork.js'

/** A frame that has been sent and is not acked yet. */
export interface OpenFrame extends Frame {
  /** By the clock, in milliseconds. */
  readonly sentAt: number
  /** Known to be with the worker: it cannot be taken back. */
  received: boolean
}

/** What it has done since it started: numbers that only grow. */
export type WorkerCounts = Pick<WorkerStats, 'handedOff' | 'accepted' | 'refused' | 'takenBack' | 'requests' | 'stalls' | 'handshakes'> & {
  /** Seconds that its requests took, where it measures that. */
  durations: Buckets | undefined
}

/** One worker as the primary sees it. */
export class WorkerHandle {
  state: WorkerState = 'starting'
  /** What it said that it dies of. */
  failure: Error | undefined
  /** What this process has killed it for. */
  verdict: Error | undefined
  /** The number of its slot: its successor has the same. */
  readonly place: number
  /** By the clock, when its process was started. */
  readonly startedAt: number
  /** How often a worker of its slot had crashed when it started. */
  restarts = 0
  /** Requests that it has begun to answer, as it last reported. */
  requests = 0
  /** Its resident memory in bytes, as it last reported. */
  rss = 0
  /** The share of the last second in which its event loop was busy, as it last reported. */
  utilization = 0
  /** Milliseconds that its event loop was late in the last second, at the most, as it last reported. */
  delay = 0
  /** How often its event loop stood still, as it last reported. */
  stalls = 0
  /** TLS handshakes that it has finished, as it last reported. */
  handshakes: HandshakeStats = { full: 0, resumed: 0 }
  /** Seconds that its requests took, as it last reported. */
  durations: Buckets | undefined
  /** Whether a debugger may hold it, as it last reported. */
  debugged = false
  /** Whether it has closed all its servers on its own account. */
  closed = false
  /** Whether it is at its readyCheck. */
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
  /** As it last reported: how many connections it had open, and how many it had ever taken. */
  #reported = { open: 0, taken: 0 }
  #saturated = false
  /** By the clock, when it last reported what it does in a second, and what it had been sent by then. */
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

  /** What an app is told of it. */
  get asEvent (): WorkerEvent {
    return { id: this.id, slot: this.place, pid: this.pid, generation: this.generation }
  }

  /** Whether this process has sent it a SIGKILL. */
  get killed (): boolean {
    return this.#killed
  }

  /** Connections that it has open: as it is now where the lane shows it, else as it last reported, and those that it has acked since. */
  get open (): number {
    const { open, taken } = this.#reported
    return this.#wire.open() ?? open + Math.max(0, this.#accepted - taken)
  }

  /** Connections sent to it that it has not answered for. */
  get unacked (): number {
    return this.#frame?.connections.length ?? 0
  }

  /** Whether it should get connections only when nobody else can. */
  get saturated (): boolean {
    return this.#saturated
  }

  set saturated (saturated: boolean) {
    this.#saturated = saturated
    this.#changed()
  }

  /** Calls `changed` whenever its credit, or what it has open, may be another; returns what ends that. */
  watch (changed: () => void): () => void {
    this.#watchers.add(changed)
    return () => { this.#watchers.delete(changed) }
  }

  /** Its sign of life, with what it did in the last second. */
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

  /** Whether it may be sent a frame: it has no un-acked one, and its wire is not full. */
  get hasCredit (): boolean {
    return this.#frame === null && !this.#full
  }

  /** Whether its wire had no room for what was to be sent last: it has no credit until {@link retry}. */
  get isFull (): boolean {
    return this.#full
  }

  /** Its un-acked frame. */
  get frame (): OpenFrame | null {
    return this.#frame
  }

  /** False: nothing was sent, and it has no credit until {@link retry}. */
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

  /** Its wire may have room again. */
  retry (): void {
    this.#full = false
    this.#changed()
  }

  /**
   * Its un-acked frame, when it had not received it yet: then the connections are the primary's
   * again. It has no credit until it acks the empty frame that it gets instead.
   */
  takeBack (): OpenFrame | undefined {
    const frame = this.#frame
    if (frame === null || frame.received || frame.connections.length === 0) return undefined
    if (!this.#wire.takeBack(frame)) {
      frame.received = true // so that its ack, or its exit, will tell
      return undefined
    }
    this.#takenBack += frame.connections.length
    this.#frame = null
    this.send(frame.key, [], frame.sentAt)
    this.#settled()
    return frame
  }

  /** The frame that the ack is for, which is open no more; undefined where it is for no open frame, or refuses a connection that is not in it. */
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

  /** Calls `run` as soon as no connection is un-acked: at once where none is. */
  whenSettled (run: () => void): void {
    this.#whenSettled.push(run)
    this.#settled()
  }

  /** It is dead: its open frame, and what of it the worker had not taken. */
  end (): { frame: Frame, untaken: readonly Connection[] } | undefined {
    const frame = this.#frame
    const untaken = frame === null ? [] : this.#wire.untaken(frame)
    this.#frame = null
    this.#whenSettled = []
    this.#wire.close()
    return frame === null ? undefined : { frame, untaken }
  }

  tell (message: ToWorker): void {
    post(this.#child.channel, message)
  }

  /** Its server listens: the app is told by node:cluster's own events. */
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
