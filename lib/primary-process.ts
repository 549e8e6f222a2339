import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Stats } from '../types/index.js'
import type { SocketName } from './internals.js'
import type { Share } from './listen.js'
import type { ListenTarget } from './listen-target.js'
import type { Options } from './options.js'
import { Primary } from './primary.js'
import { App } from './primary/app.js'
import type { Fork } from './primary/fork.js'
import { onStopSignals } from './primary/signals.js'

/** What a shell says of a process that SIGINT ended: 128 + 2. */
const INTERRUPTED = 130

/** The primary as a process: its apps, the signals that end it, and its exit code. */
export class PrimaryProcess {
  readonly options: Options
  readonly #primary: Primary
  readonly #log: FastifyBaseLogger
  readonly #apps = new Set<FastifyInstance>()
  #ignoreSignals: (() => void) | undefined
  #signalled = false

  constructor (options: Options, log: FastifyBaseLogger, fork: Fork) {
    this.options = options
    this.#primary = new Primary({ options, log, fork })
    this.#log = log
  }

  /** Whether it has ended everything that it began. */
  get stopped (): boolean {
    return this.#primary.stopped
  }

  stats (): Stats {
    return this.#primary.stats()
  }

  nextKey (target: ListenTarget): string {
    return this.#primary.nextKey(target)
  }

  /** Lets a Fastify instance's listen() and close() do what they do in a primary. */
  add (fastify: FastifyInstance): Share {
    this.#apps.add(fastify)
    fastify.addHook('onClose', async () => { this.#apps.delete(fastify) })
    return new App(fastify, {
      nextKey: target => this.#primary.nextKey(target),
      listen: async (key, target) => await this.listen(key, target),
      close: async key => { await this.#close(key) }
    })
  }

  /** As {@link Primary.listen}; a worker that fails on the first start makes this process end with exit code 1. */
  async listen (key: string, target: ListenTarget): Promise<Array<SocketName | string>> {
    if (this.options.signals) this.#ignoreSignals ??= onStopSignals(() => { this.#stop() }, () => { this.#end() })
    try {
      return (await this.#primary.listen(key, target)).names
    } catch (err) {
      // An app that does not expect listen() to reject would turn an orderly end into a crash.
      if (this.#signalled) await new Promise(() => {})
      if (this.#primary.failed) process.exitCode = 1
      this.#letGoIfStopped()
      throw err
    }
  }

  async #close (key: string): Promise<void> {
    await this.#primary.close(key)
    this.#letGoIfStopped()
  }

  #letGoIfStopped (): void {
    if (this.#primary.stopped) this.#ignoreSignals?.()
  }

  async #stop (): Promise<void> {
    this.#signalled = true
    try {
      await this.#primary.stop()
      await Promise.all([...this.#apps].map(async fastify => { await fastify.close() }))
      process.exit()
    } catch (err) {
      this.#log.error({ event: 'close-error', err }, 'the app failed to close')
      process.exit(1)
    }
  }

  #end (): void {
    this.#primary.kill()
    process.exit(INTERRUPTED)
  }
}
