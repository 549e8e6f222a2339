import type { EventEmitter } from 'node:events'
import type { FastifyPluginCallback } from 'fastify'
import type { SharedPortEvents } from './events.js'
import type { SharedPortOptions } from './options.js'
import type { Stats } from './stats.js'

export type * from './config.js'
export type * from './events.js'
export type * from './options.js'
export type * from './stats.js'

/** The role of this process. */
export type Role = 'primary' | 'worker' | 'standalone'

/** `fastify.sharedPort`. It emits {@link SharedPortEvents}. */
export interface SharedPort extends EventEmitter<SharedPortEvents> {
  readonly role: Role
  /** `cluster.worker.id` in a worker; 0 in other roles. */
  readonly workerId: number
  /** In a worker: the number of the reload that started it, 0 before the first. In the primary: the number of reloads so far. Standalone: 0. */
  readonly generation: number
  /**
   * Whether this process is about to end. In a worker: a stop, a reload, a scale-down or a recycling has begun. In
   * the primary: a stop has begun. Standalone: `close()` has begun. The event `draining` reports the change.
   *
   * Do not use it for health checks: it is true in a worker that a reload replaces. Use `stats().ready`.
   */
  readonly draining: boolean
  /**
   * The primary's view of its workers; the same in the primary and in every worker. Standalone: no workers and no
   * listeners.
   * @throws SHARED_PORT_ERR_PRIMARY_GONE in a worker whose primary has ended
   */
  stats (): Promise<Stats>
  /**
   * Replaces every worker with a new one; the new one is ready before the old one drains. Resolves when the old
   * workers have exited. If called again during a reload, both calls resolve with the newest generation. Primary only.
   * @throws SHARED_PORT_ERR_WORKER_FAILED if a new worker ends before it is ready, with the worker's error as its
   * cause. Old workers that were not replaced yet keep running
   * @throws SHARED_PORT_ERR_NOT_RUNNING in other roles, before listen() has resolved, and after a stop has begun
   */
  reload (): Promise<void>
  /**
   * Replaces the worker of one slot (`slot` in `stats()`); the new one is ready before the old one drains. Resolves
   * when the old one has exited. The generation does not change. Primary only.
   * @throws SHARED_PORT_ERR_SLOT if there is no such slot
   * @throws SHARED_PORT_ERR_SLOT_BUSY if its worker is starting or being replaced already, during a reload, and if a
   * reload or a smaller number of workers comes first
   * @throws SHARED_PORT_ERR_WORKER_FAILED if the new worker ends before it is ready, with the worker's error as its
   * cause. The old one keeps running
   * @throws SHARED_PORT_ERR_NOT_RUNNING in other roles, before listen() has resolved, and after a stop has begun
   * @throws SHARED_PORT_ERR_CLOSED if a stop begins in the meantime
   */
  restart (slot: number): Promise<void>
  /**
   * Replaces the primary: starts a new one with the same command line, which takes over when its workers are ready.
   * This one finishes its connections, and exits. Resolves with the process id of the new one when it has taken over.
   * Primary only.
   * @throws SHARED_PORT_ERR_UPGRADE_FAILED if the new primary fails; this one goes on as if nothing had been asked
   * @throws SHARED_PORT_ERR_UPGRADE_REFUSED during another upgrade, for process 1 (of a container), and with `--watch`
   * @throws SHARED_PORT_ERR_NOT_RUNNING in other roles, before listen() has resolved, and after a stop has begun
   */
  upgrade (): Promise<number>
  /**
   * Changes the number of workers: an integer from 1 to 1024. Resolves when the added workers are ready, or when the
   * removed ones have exited. The newest workers are removed first. Primary only.
   * @throws SHARED_PORT_ERR_SCALE if the number is not such an integer
   * @throws SHARED_PORT_ERR_WORKER_FAILED if an added worker ends before it is ready, with the worker's error as its
   * cause. It is not started again, and the primary keeps the others. (With `--watch` the next change of a file starts
   * it again.)
   * @throws SHARED_PORT_ERR_NOT_RUNNING in other roles, before listen() has resolved, and after a stop has begun
   */
  scale (workers: number): Promise<void>
}

declare module 'fastify' {
  interface FastifyInstance {
    sharedPort: SharedPort
  }
}

/**
 * The plugin: serves the app from several worker processes on one port. Register it before `listen()`.
 *
 * @throws SHARED_PORT_ERR_OPTIONS if an option is unknown or has a wrong value
 * @throws SHARED_PORT_ERR_OPTIONS_DIFFER if another instance in this process has other options
 * @throws SHARED_PORT_ERR_REGISTERED_TWICE if the instance has the plugin already
 * @throws SHARED_PORT_ERR_ALREADY_LISTENING if the server of the instance is listening
 * @throws SHARED_PORT_ERR_LANE if `lane` is `'native'` and the addon cannot be loaded
 * @throws SHARED_PORT_ERR_USER if the workers cannot run as `user` or `group`
 * @throws SHARED_PORT_ERR_NO_SCRIPT if this process was not started from a file
 * @throws SHARED_PORT_ERR_NODE_UNSUPPORTED if this version of Node lacks something that the plugin needs
 */
declare const sharedPort: FastifyPluginCallback<SharedPortOptions> & {
  default: typeof sharedPort
  sharedPort: typeof sharedPort
}

export { sharedPort, sharedPort as default, sharedPort as 'module.exports' }
