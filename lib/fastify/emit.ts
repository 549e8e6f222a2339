import type { EventEmitter } from 'node:events'
import type { SharedPortEvents } from '../../types/index.js'
import type { SafeLog } from './safe-log.js'

type Listener = (...payload: unknown[]) => unknown

/**
 * Calls the listeners of a `fastify.sharedPort` event in the next tick, so that a listener never runs in the
 * middle of an operation. Exceptions and rejections of listeners are logged.
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
    log.error({ event: 'listener-error', listener: event, err }, "a listener for '%s' failed", event)
  }
}
