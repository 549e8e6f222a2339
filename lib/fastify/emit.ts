import type { EventEmitter } from 'node:events'
import type { SharedPortEvents } from '../../types/index.js'
import type { SafeLog } from './safe-log.js'

type Listener = (...payload: unknown[]) => unknown

/**
 * Calls the listeners of an event of `fastify.sharedPort` in the next tick, so that what one does meets no
 * half-done step. What a listener throws, or rejects with, is logged.
 */
export function emitLater<E extends keyof SharedPortEvents> (emitters: Iterable<EventEmitter<SharedPortEvents>>, event: E, payload: SharedPortEvents[E], log: SafeLog): void {
  process.nextTick(() => {
    for (const emitter of emitters) {
      for (const listener of emitter.rawListeners(event) as Listener[]) call(event, () => Reflect.apply(listener, emitter, payload), log)
    }
  })
}

async function call (event: string, listener: () => unknown, log: SafeLog): Promise<void> {
  try {
    await listener()
  } catch (err) {
    log.error({ event: 'listener-error', listener: event, err }, 'a listener of %s failed', event)
  }
}
