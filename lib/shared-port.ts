import { EventEmitter } from 'node:events'
import type { Server } from 'node:net'
import type { SharedPort, SharedPortEvents, Stats } from '../types/index.js'
import { emitLater } from './fastify/emit.js'
import { NotRunningError } from './errors.js'
import type { PrimaryProcess } from './primary-process.js'
import type { SafeLog } from './fastify/safe-log.js'
import type { Worker } from './worker.js'

// The implementations of `fastify.sharedPort`, one for each role.

export class PrimarySharedPort extends EventEmitter<SharedPortEvents> implements SharedPort {
  readonly role = 'primary'
  readonly workerId = 0
  readonly #primary: PrimaryProcess

  constructor (primary: PrimaryProcess) {
    super()
    this.#primary = primary
  }

  get generation (): number {
    return this.#primary.generation
  }

  get draining (): boolean {
    return this.#primary.draining
  }

  async stats (): Promise<Stats> {
    return this.#primary.stats()
  }

  async reload (): Promise<void> {
    await this.#primary.reload()
  }

  async restart (slot: number): Promise<void> {
    await this.#primary.restartSlot(slot)
  }

  async upgrade (): Promise<number> {
    return await this.#primary.upgrade()
  }

  async scale (workers: number): Promise<void> {
    await this.#primary.scale(workers)
  }
}

/** The part for roles without workers. */
abstract class SteersNothing extends EventEmitter<SharedPortEvents> {
  /** To be called when `draining` becomes true. */
  protected emitDraining (log: SafeLog): void {
    emitLater([this], 'draining', [], log)
  }

  async reload (): Promise<void> {
    throw new NotRunningError('reload()')
  }

  async restart (): Promise<void> {
    throw new NotRunningError('restart()')
  }

  async upgrade (): Promise<number> {
    throw new NotRunningError('upgrade()')
  }

  async scale (): Promise<void> {
    throw new NotRunningError('scale()')
  }
}

export class WorkerSharedPort extends SteersNothing implements SharedPort {
  readonly role = 'worker'
  readonly workerId: number
  readonly generation: number
  readonly #worker: Worker

  constructor (worker: Worker) {
    super()
    this.workerId = worker.id
    this.generation = worker.generation
    this.#worker = worker
  }

  /**
   * Emits `draining` from now on, when the app has added its listeners. Also for an instance that is made
   * while the worker drains.
   */
  begin (): void {
    this.#worker.onDraining(log => { this.emitDraining(log) })
  }

  get draining (): boolean {
    return this.#worker.draining
  }

  async stats (): Promise<Stats> {
    return await this.#worker.stats()
  }
}

export class StandaloneSharedPort extends SteersNothing implements SharedPort {
  readonly role = 'standalone'
  readonly workerId = 0
  readonly generation = 0
  readonly #server: Server
  readonly #log: SafeLog
  #draining = false

  constructor (server: Server, log: SafeLog) {
    super()
    this.#server = server
    this.#log = log
  }

  get draining (): boolean {
    return this.#draining
  }

  /** Called when the app closes. */
  drain (): void {
    this.#draining = true
    this.emitDraining(this.#log)
  }

  async stats (): Promise<Stats> {
    return { workers: [], pending: 0, held: 0, shed: 0, listeners: [], ready: this.#server.listening }
  }
}
