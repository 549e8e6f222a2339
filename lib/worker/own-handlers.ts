import { constants } from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import { within } from '../platform/within.js'

type Handler = (signal: NodeJS.Signals, number: number) => unknown

/** By which a process is asked to end. */
const STOP_SIGNALS: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT']

/** Signals whose handlers may be the app's way to end. */
const HEARD: Array<string | symbol> = [...STOP_SIGNALS, 'SIGHUP']

/** Milliseconds between two looks at what handlers have begun. */
const LOOK = 50

/** Turns of the event loop without anything begun, after which nothing is: a promise that is settled already has its consequences within a few. */
const QUIET_TURNS = 10

/** What {@link OwnHandlers} needs of the process. */
export interface OwnHandlersParts {
  /** What keeps the process alive, by its kinds: timers, connections, files. Without what ends with the app anyway. */
  resources (): string[]
  now (): number
  /** Resolves after so many milliseconds, or when nothing else keeps the process alive. */
  pause (time: number): Promise<void>
}

const PARTS: OwnHandlersParts = {
  resources: () => process.getActiveResourcesInfo(),
  now: () => performance.now(),
  pause
}

/**
 * The app's own handlers of SIGTERM. A worker is told to end by a message, so that no request is lost: the handlers
 * are called when its requests are answered and its apps are closed.
 */
export class OwnHandlers {
  readonly #parts: OwnHandlersParts
  readonly #ours = new Set<unknown>()
  readonly #hearers = new Map<NodeJS.Signals, () => void>()
  /** Their turn has come, by a signal or by us. */
  #called = false
  /** Resources that were there before them, where one returned nothing: then what they do cannot be told otherwise. */
  #before: Map<string, number> | undefined
  /** Resources that handlers called by a signal have begun at once: others may have ended since then. */
  #begun = new Map<string, number>()

  constructor (parts: Partial<OwnHandlersParts> = {}) {
    this.#parts = { ...PARTS, ...parts }
  }

  /** A handler of ours: it does not count as the app's. */
  add (signal: NodeJS.Signals, run: () => void): void {
    const handler = (): void => {
      this.#heard(signal)
      run()
    }
    this.#ours.add(handler)
    process.prependListener(signal, handler) // those that listen once are gone from the list after their call
  }

  /**
   * Where we have no handlers: hears the signals that the app's own handle, for as long as they do. A signal that nobody else
   * handles does what it would without us.
   */
  watch (): void {
    if (this.#hearers.size > 0) return
    for (const signal of HEARD as NodeJS.Signals[]) {
      const hearer = (): void => { this.#heard(signal) }
      this.#hearers.set(signal, hearer)
      this.#ours.add(hearer)
      if (this.#of(signal).length > 0) process.prependListener(signal, hearer)
    }
    process.on('newListener', (event: string | symbol, listener: unknown) => {
      const hearer = this.#hearers.get(event as NodeJS.Signals)
      if (hearer === undefined || this.#ours.has(listener) || process.listeners(event as NodeJS.Signals).includes(hearer)) return
      process.prependListener(event as NodeJS.Signals, hearer)
    })
    process.on('removeListener', (event: string | symbol) => {
      const hearer = this.#hearers.get(event as NodeJS.Signals)
      if (hearer !== undefined && this.#of(event as NodeJS.Signals).length === 0) process.off(event as NodeJS.Signals, hearer)
    })
  }

  /**
   * Calls them, unless a signal has. Resolves when the promises that they return are settled and, where one returns
   * none, no more is under way than before. As a rule such a handler ends the process itself.
   *
   * @param patience milliseconds at most
   * @returns whether they are done
   */
  async end (patience: number): Promise<boolean> {
    const deadline = this.#parts.now() + patience
    // A signal to all processes may be as old as the primary's message: Node calls the handlers in the next turn.
    await turn()
    await turn()
    const settled = this.#called || await within(patience, this.#call())
    return settled && await this.#quiet(deadline)
  }

  async #call (): Promise<void> {
    this.#called = true
    const before = this.#count()
    await Promise.all(this.#of('SIGTERM').map(async handler => {
      try {
        const result = Reflect.apply(handler, process, ['SIGTERM', constants.signals.SIGTERM])
        if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') await result
        else this.#before ??= before
      } catch (err) {
        process.nextTick(() => { throw err }) // as where Node calls it
      }
    }))
  }

  /** Whether by the deadline no more is under way than before the handlers. */
  async #quiet (deadline: number): Promise<boolean> {
    const before = this.#before
    if (before === undefined) return true
    const first = this.#count()
    const allowed = (type: string): number => Math.max(0, Math.min(before.get(type) ?? 0, (first.get(type) ?? 0) - (this.#begun.get(type) ?? 0)))
    for (let turns = 0; turns < QUIET_TURNS;) {
      if ([...this.#count()].every(([type, count]) => count <= allowed(type))) {
        turns++
        await turn()
        continue
      }
      turns = 0
      if (this.#parts.now() >= deadline) return false
      await this.#parts.pause(LOOK)
    }
    return true
  }

  /** A signal has come, and the app's handlers are about to be called by Node, which keeps to itself what they return. */
  #heard (signal: NodeJS.Signals): void {
    const own = this.#of(signal).map(unwrap)
    // SIGHUP means "read the configuration again" to some apps: it counts where they take it for SIGTERM.
    const ends = signal === 'SIGHUP' ? own.some(handler => this.#of('SIGTERM').map(unwrap).includes(handler)) : own.length > 0
    if (!ends) return
    this.#called = true
    const before = this.#before ??= this.#count()
    process.nextTick(() => {
      for (const [type, count] of this.#count()) this.#begun.set(type, Math.max(0, count - (before.get(type) ?? 0)))
    })
  }

  #count (): Map<string, number> {
    const counts = new Map<string, number>()
    for (const type of this.#parts.resources()) counts.set(type, (counts.get(type) ?? 0) + 1)
    return counts
  }

  #of (signal: NodeJS.Signals): Handler[] {
    return (process.rawListeners(signal) as Handler[]).filter(handler => !this.#ours.has(unwrap(handler)))
  }
}

/** Of a handler that listens once, rawListeners() has what takes it away again. */
function unwrap (handler: Handler & { listener?: Handler }): Handler {
  return handler.listener ?? handler
}

/** The timer itself must not count as what keeps the process alive. */
async function pause (time: number): Promise<void> {
  await new Promise<void>(resolve => {
    const end = (): void => {
      clearTimeout(timer)
      process.off('beforeExit', end)
      resolve()
    }
    const timer = setTimeout(end, time).unref()
    process.once('beforeExit', end)
  })
}
