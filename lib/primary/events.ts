import { EventEmitter } from 'node:events'
import type { FastifyBaseLogger } from 'fastify'
import type { SharedPortEvents, WorkerExit } from '../../types/index.js'
import type { Options } from '../options.js'

export type Emit = <E extends keyof SharedPortEvents>(event: E, ...payload: SharedPortEvents[E]) => void

type Listener = (...payload: unknown[]) => unknown

/**
 * Tells the apps of the primary what happens to their workers: in the next tick, so that what a
 * listener does meets no half-done step, and so that what it throws harms nobody.
 */
export class Events {
  readonly #log: FastifyBaseLogger
  readonly #emitters = new Set<EventEmitter<SharedPortEvents>>()

  constructor ({ onWorkerStart, onWorkerExit }: Pick<Options, 'onWorkerStart' | 'onWorkerExit'>, log: FastifyBaseLogger) {
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

  readonly emit: Emit = (event, ...payload) => {
    process.nextTick(() => {
      for (const emitter of this.#emitters) {
        for (const listener of emitter.rawListeners(event) as Listener[]) this.#call(event, () => Reflect.apply(listener, emitter, payload))
      }
    })
  }

  async #call (event: string, listener: () => unknown): Promise<void> {
    try {
      await listener()
    } catch (err) {
      this.#log.error({ event: 'listener-error', listener: event, err }, 'a listener of %s failed', event)
    }
  }
}
