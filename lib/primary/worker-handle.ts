import type { WorkerState, WorkerStats } from '../../types/index.js'
import type { Ack, Connection, Frame, Wire } from '../lane.js'
import { post, type ErrorNotice, type ToWorker } from '../protocol.js'
import type { Child } from './fork.js'

/** One worker as the primary sees it. */
export class WorkerHandle {
  state: WorkerState = 'starting'
  /** The keys that it listens for. */
  readonly keys = new Set<string>()
  /** What it said that it dies of. */
  failure: ErrorNotice | undefined
  open = 0
  readonly #child: Child
  readonly #wire: Wire
  #frame: Frame | null = null
  #frames = 0
  #whenSettled: Array<() => void> = []
  #handedOff = 0
  #accepted = 0
  #refused = 0

  constructor (readonly generation: number, child: Child, wire: Wire) {
    this.#child = child
    this.#wire = wire
  }

  get id (): number {
    return this.#child.id
  }

  get pid (): number | undefined {
    return this.#child.pid
  }

  /** Whether it may be sent a frame: it has no un-acked one. */
  get hasCredit (): boolean {
    return this.#frame === null
  }

  /** False: nothing was sent. */
  send (key: string, connections: readonly Connection[]): boolean {
    const frame = { number: this.#frames + 1, key, connections }
    if (!this.#wire.send(frame)) return false
    this.#frames++
    this.#frame = frame
    this.#handedOff += connections.length
    return true
  }

  /** The frame that the ack is for, which is open no more; undefined where it is for no open frame. */
  settle ({ number, refused }: Ack): Frame | undefined {
    const frame = this.#frame
    if (frame?.number !== number) return undefined
    this.#frame = null
    this.#refused += refused.length
    this.#accepted += frame.connections.length - refused.length
    const waiting = this.#whenSettled
    this.#whenSettled = []
    for (const run of waiting) run()
    return frame
  }

  /** Calls `run` as soon as nothing is un-acked: at once where nothing is. */
  whenSettled (run: () => void): void {
    if (this.#frame === null) run()
    else this.#whenSettled.push(run)
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

  kill (signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  stats (): WorkerStats {
    return {
      id: this.id,
      pid: this.pid,
      state: this.state,
      generation: this.generation,
      handedOff: this.#handedOff,
      accepted: this.#accepted,
      refused: this.#refused,
      unacked: this.#frame?.connections.length ?? 0,
      open: this.open
    }
  }
}
