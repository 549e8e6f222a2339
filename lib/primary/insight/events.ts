import { EventEmitter } from 'node:events'
import type { SharedPortEvents, WorkerExit } from '../../../types/index.js'
import { emitLater } from '../../fastify/emit.js'
import type { Options } from '../../options/options.js'
import type { SafeLog } from '../../fastify/safe-log.js'

export type Emit = <E extends keyof SharedPortEvents>(event: E, ...payload: SharedPortEvents[E]) => void

/** Emits events about the workers to the primary's apps. */
export class Events {
  readonly #log: SafeLog
  readonly #emitters = new Set<EventEmitter<SharedPortEvents>>()

  constructor ({ onWorkerStart, onWorkerExit }: Pick<Options, 'onWorkerStart' | 'onWorkerExit'>, log: SafeLog) {
    this.#log = log
    const hooks = new EventEmitter<SharedPortEvents>()
    if (onWorkerStart !== undefined) hooks.on('worker-start', ({ id }) => onWorkerStart(id))
    if (onWorkerExit !== undefined) hooks.on('worker-exit', ({ id, code, signal }: WorkerExit) => onWorkerExit(id, { code, signal }))
    this.add(hooks)
  }

  add (emitter: EventEmitter<SharedPortEvents>): void {
    this.#emitters.add(emitter)
  }

  remove (emitter: EventEmitter<SharedPortEvents>): void {
    this.#emitters.delete(emitter)
  }

  readonly emit: Emit = (event, ...payload) => { emitLater(this.#emitters, event, payload, this.#log) }
}
