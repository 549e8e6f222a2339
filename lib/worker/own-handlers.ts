import { constants } from 'node:os'
import { setImmediate as turn } from 'node:timers/promises'
import { within } from '../platform/within.js'

type Handler = (signal: NodeJS.Signals, number: number) => unknown

/** The signals that ask a process to end. */
const STOP_SIGNALS: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT']

/** Signals that an app may handle in order to end. */
const HEARD: Array<string | symbol> = [...STOP_SIGNALS, 'SIGHUP']

/** Milliseconds between two checks of what the handlers have started. */
const LOOK = 50

/**
 * Iterations of the event loop without a new resource after which the handlers count as done. The
 * continuations of a promise that is already settled run within a few.
 */
const QUIET_TURNS = 10

/** The functions of the process that {@link OwnHandlers} uses. */
export interface OwnHandlersParts {
  /**
   * The resources that keep the process alive, by type: timers, connections, files. Without those that end
   * with the app anyway.
   */
  resources (): string[]
  now (): number
  /** Resolves after `time` milliseconds, or when nothing else keeps the process alive. */
  pause (time: number): Promise<void>
}

const PARTS: OwnHandlersParts = {
  resources: () => process.getActiveResourcesInfo(),
  now: () => performance.now(),
  pause
}

/**
 * Runs the app's own handlers of SIGTERM. A worker is told to exit by a message, so that no request is lost.
 * The handlers are called after its requests are answered and its apps are closed.
 */
export class OwnHandlers {
  readonly #parts: OwnHandlersParts
  readonly #ours = new Set<unknown>()
  readonly #hearers = new Map<NodeJS.Signals, () => void>()
  /** Whether the handlers were called, by a signal or by us. */
  #called = false
  /**
   * The resources before the handlers ran, if one of them returned no promise. Then only the resources show
   * whether it is done.
   */
  #before: Map<string, number> | undefined
  /** The resources that handlers called by a signal have started immediately. Others may have ended since then. */
  #begun = new Map<string, number>()

  constructor (parts: Partial<OwnHandlersParts> = {}) {
    this.#parts = { ...PARTS, ...parts }
  }

  /** Adds a handler of this package, which does not count as the app's. */
  add (signal: NodeJS.Signals, run: () => void): void {
    const handler = (): void => {
      this.#heard(signal)
      run()
    }
    this.#ours.add(handler)
    process.prependListener(signal, handler) // prepended, because a `once` handler of the app is removed from the list before it runs
  }

  /**
   * If this package has no handlers: watches the signals that the app handles, for as long as it does. A
   * signal without another handler keeps its default action.
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
   * Calls the handlers, unless a signal has. Resolves when their promises are settled and, if one returned
   * no promise, no more resources are active than before. Usually such a handler exits the process itself.
   *
   * @param patience milliseconds at most
   * @returns whether they are done
   */
  async end (patience: number): Promise<boolean> {
    const deadline = this.#parts.now() + patience
    // A signal sent to all processes may have arrived together with the primary's message. Node calls the
    // handlers in the next iteration.
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
        process.nextTick(() => { throw err }) // as if Node had called it
      }
    }))
  }

  /** Whether, before the deadline, no more resources are active than before the handlers. */
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

  /** A signal has arrived, and Node is about to call the app's handlers. Node discards their return values. */
  #heard (signal: NodeJS.Signals): void {
    const own = this.#of(signal).map(unwrap)
    // To some apps, SIGHUP means "reload the configuration". It counts only if the app handles it like SIGTERM.
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

/** For a `once` handler, rawListeners() contains a wrapper. */
function unwrap (handler: Handler & { listener?: Handler }): Handler {
  return handler.listener ?? handler
}

/** Unref'd, so that the timer itself does not count as keeping the process alive. */
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
