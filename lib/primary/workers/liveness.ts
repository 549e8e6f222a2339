import type { Emit } from '../insight/events.js'
import type { Clock } from '../../platform/clock.js'
import { processState } from '../../platform/process-table.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import { PULSE } from '../../platform/timing.js'
import type { WorkerHandle } from './worker-handle.js'

/** Milliseconds without a pulse after which a worker counts as stalled: three pulses. */
const STALLED = 3 * PULSE

export interface LivenessParts {
  /** Milliseconds without a pulse after which a worker counts as hung; 0: never. */
  timeout: number
  /** Called for a worker that hangs. */
  hung (worker: WorkerHandle): void
  /** Whether workers may be blocked through no fault of their own, because nobody reads their output. */
  held (): boolean
  emit: Emit
  /** Calls `run` when everything that has arrived by now is read. */
  whenRead (run: () => void): void
  clock: Clock
  log: SafeLog
}

interface Pulse {
  /** When the last pulse arrived, by the clock. */
  at: number
  stalled: boolean
}

/**
 * Detects workers whose event loops are blocked: each worker sends a pulse every second. Before each check,
 * the pulses that have arrived are read, because they may have been waiting while this process itself was
 * blocked. If the check is late, this process did not run, or the machine was suspended. Then nothing is
 * known about the workers, and their timers start again.
 */
export class Liveness {
  readonly #parts: LivenessParts
  readonly #pulses = new Map<WorkerHandle, Pulse>()
  #cancel: (() => void) | undefined
  #checkAt = 0

  constructor (parts: LivenessParts) {
    this.#parts = parts
  }

  /** Expects pulses from this worker from now on. */
  watch (worker: WorkerHandle): void {
    this.#pulses.set(worker, { at: this.#parts.clock.now(), stalled: false })
    if (this.#cancel === undefined) this.#checkLater()
  }

  pulse (worker: WorkerHandle): void {
    const pulse = this.#pulses.get(worker)
    if (pulse === undefined) return
    pulse.at = this.#parts.clock.now()
    pulse.stalled = false
  }

  /** To be called when the worker has exited, or cannot send pulses. */
  forget (worker: WorkerHandle): void {
    this.#pulses.delete(worker)
    if (this.#pulses.size === 0) this.stop()
  }

  stop (): void {
    this.#pulses.clear()
    this.#cancel?.()
    this.#cancel = undefined
  }

  #checkLater (): void {
    const { clock, whenRead } = this.#parts
    this.#checkAt = clock.now() + PULSE
    this.#cancel = clock.after(PULSE, () => { whenRead(() => { this.#check() }) })
  }

  #check (): void {
    if (this.#cancel === undefined) return // stopped meanwhile
    const now = this.#parts.clock.now()
    const excused = now - this.#checkAt >= PULSE || this.#parts.held()
    for (const [worker, pulse] of this.#pulses) {
      if (excused) pulse.at = now
      else if (!worker.debugged) this.#judge(worker, pulse, Math.round(now - pulse.at))
    }
    if (this.#pulses.size > 0) this.#checkLater()
    else this.#cancel = undefined
  }

  #judge (worker: WorkerHandle, pulse: Pulse, silence: number): void {
    const { timeout, hung } = this.#parts
    const hangs = timeout > 0 && silence >= timeout
    if (!pulse.stalled && (hangs || silence >= STALLED)) this.#stalled(worker, pulse, silence)
    if (!hangs) return
    this.#pulses.delete(worker)
    this.#log('error', worker, silence, 'worker-hung', 'killing worker %d: its event loop has not run for %d ms (livenessTimeout)')
    hung(worker)
  }

  #stalled (worker: WorkerHandle, pulse: Pulse, silence: number): void {
    pulse.stalled = true
    const { timeout } = this.#parts
    this.#log('warn', worker, silence, 'stalled', `worker %d is not responding: its event loop has not run for %d ms; it is ${timeout > 0 ? `killed after ${timeout} ms` : 'not killed'} (livenessTimeout)`)
    this.#parts.emit('stalled', { ...worker.asEvent, silence })
  }

  #log (level: 'error' | 'warn', worker: WorkerHandle, silence: number, event: string, message: string): void {
    const { id, pid, open, frame } = worker
    const state = pid === undefined ? undefined : processState(pid)
    this.#parts.log[level]({ event, workerId: id, workerPid: pid, silence, state, open, unacked: frame?.connections.length ?? 0 }, message, id, silence)
  }
}
