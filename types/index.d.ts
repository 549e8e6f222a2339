import type { EventEmitter } from 'node:events'
import type { FastifyPluginCallback } from 'fastify'
import type { SharedPortEvents } from './events.js'
import type { SharedPortOptions } from './options.js'
import type { Stats } from './stats.js'

export type * from './config.js'
export type * from './events.js'
export type * from './options.js'
export type * from './stats.js'

/** Which of the parts this process plays. */
export type Role = 'primary' | 'worker' | 'standalone'

/** `fastify.sharedPort`. Elsewhere than in the primary it emits `draining` alone. */
export interface SharedPort extends EventEmitter<SharedPortEvents> {
  readonly role: Role
  /** `cluster.worker.id` in a worker, 0 elsewhere. */
  readonly workerId: number
  /** How often the workers had been reloaded when this one started; in the primary, how often they have been. */
  readonly generation: number
  /**
   * In a worker: whether it is to end, or the whole server: time for a long task to come to an end. (A
   * health check asks `stats().ready`: a worker drains at a reload too.) In the primary: whether it stops.
   * Standalone: whether close() has begun. The event `draining` says when it becomes true.
   */
  readonly draining: boolean
  /**
   * What the primary knows of its workers; the same in the primary and in every worker. In a
   * standalone process: no workers, no listeners.
   * @throws SHARED_PORT_ERR_PRIMARY_GONE in a worker whose primary no longer answers
   */
  stats (): Promise<Stats>
  /**
   * In the primary: replaces every worker by one of the next generation. Each new one is ready
   * before an old one drains; resolves when the old ones are gone. Called again meanwhile, both
   * calls end with the newest generation.
   * @throws SHARED_PORT_ERR_WORKER_FAILED with the new worker's error as its cause, when one ends
   * before it is ready: the old ones that are left stay
   * @throws SHARED_PORT_ERR_NOT_RUNNING elsewhere, before listen() and from close() on
   */
  reload (): Promise<void>
  /**
   * In the primary: keeps so many workers from now on, an integer from 1 to 1024. Resolves when the
   * new ones are ready, or those that leave, the newest first, are gone.
   * @throws SHARED_PORT_ERR_SCALE it is no such integer
   * @throws SHARED_PORT_ERR_WORKER_FAILED with the new worker's error as its cause, when one ends
   * before it is ready: it is not tried again, and the others are kept without it (with `--watch` the next
   * change tries it again)
   * @throws SHARED_PORT_ERR_NOT_RUNNING elsewhere, before listen() and from close() on
   */
  scale (workers: number): Promise<void>
}

declare module 'fastify' {
  interface FastifyInstance {
    sharedPort: SharedPort
  }
}

/**
 * Serves this Fastify app from `workers` processes on one port. Register it before `listen`.
 *
 * @throws SHARED_PORT_ERR_OPTIONS an option that is not known, or not what it may be
 * @throws SHARED_PORT_ERR_OPTIONS_DIFFER other options than an instance before it in this process
 * @throws SHARED_PORT_ERR_REGISTERED_TWICE registered before on this instance
 * @throws SHARED_PORT_ERR_ALREADY_LISTENING the instance's server listens already
 * @throws SHARED_PORT_ERR_NODE_UNSUPPORTED this Node lacks what the plugin needs of it
 */
declare const sharedPort: FastifyPluginCallback<SharedPortOptions> & {
  default: typeof sharedPort
  sharedPort: typeof sharedPort
}

export { sharedPort, sharedPort as default, sharedPort as 'module.exports' }
