import { constants } from 'node:os'

type Handler = (signal: NodeJS.Signals, number: number) => unknown

/** By which a process is asked to end. */
const STOP_SIGNALS: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT']

/** Milliseconds that handlers have which seem to have begun nothing: what they wait for may be older than they are. */
const QUIET_PATIENCE = 1_000

/**
 * The app's own handlers of SIGTERM. A worker is told to end by a message, so that no request is lost: what the app
 * does on the signal is its turn when its requests are answered.
 */
export class OwnHandlers {
  readonly #ours = new Set<Handler>()
  /** Their turn has come, by a signal or by us. */
  #called = false
  /** Whether what they do cannot be told from what they return: they have begun something, or may have. */
  #work: 'none' | 'perhaps' | 'begun' = 'none'

  /** A handler of ours: it does not count as the app's. */
  add (signal: NodeJS.Signals, run: () => void): void {
    const handler = (): void => {
      this.#heard(signal)
      run()
    }
    this.#ours.add(handler)
    process.prependListener(signal, handler) // those that listen once are gone from the list after their call
  }

  /** Where we have no handlers: hears the signals that the app's own handle, and changes nothing for the others. */
  watch (): void {
    if (this.#ours.size > 0) return
    for (const signal of [...STOP_SIGNALS, 'SIGHUP'] as NodeJS.Signals[]) {
      if (this.#of(signal).length === 0) continue
      const handler = (): void => { this.#heard(signal) }
      this.#ours.add(handler)
      process.prependOnceListener(signal, handler)
    }
  }

  /**
   * Calls them, unless a signal has; resolves when the promises that they return are settled.
   *
   * @param patience milliseconds at most
   * @returns whether they are settled
   */
  async call (patience: number): Promise<boolean> {
    const handlers = this.#of('SIGTERM')
    if (this.#called || handlers.length === 0) return true
    this.#called = true
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<false>(resolve => { timer = setTimeout(resolve, patience, false) })
    const settled = await Promise.race([this.#call(handlers), late])
    clearTimeout(timer)
    return settled
  }

  async #call (handlers: Handler[]): Promise<true> {
    await Promise.all(handlers.map(async handler => {
      const hasBegun = watchBegun()
      try {
        const result = Reflect.apply(handler, process, ['SIGTERM', constants.signals.SIGTERM])
        if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') await result
        else this.#note(hasBegun())
      } catch (err) {
        process.nextTick(() => { throw err }) // as where Node calls it
      }
    }))
    return true
  }

  /**
   * To be called when all else is done. Those that return no promise end the process themselves, as a rule, or what
   * they do is done when nothing keeps it alive any more: resolves then. Those that seem to have begun nothing have a second.
   *
   * @param patience milliseconds at most
   * @returns whether they are done
   */
  async done (patience: number): Promise<boolean> {
    if (this.#work === 'none') return true
    const begun = this.#work === 'begun'
    return await new Promise<boolean>(resolve => {
      const onIdle = (): void => {
        clearTimeout(timer)
        resolve(true)
      }
      const timer = setTimeout(() => {
        process.off('beforeExit', onIdle)
        resolve(!begun)
      }, begun ? patience : Math.min(patience, QUIET_PATIENCE)).unref()
      process.once('beforeExit', onIdle)
    })
  }

  /** A signal has come, and the app's handlers are about to be called by Node. */
  #heard (signal: NodeJS.Signals): void {
    const own = this.#of(signal).map(unwrap)
    // SIGHUP means "read the configuration again" to some apps: it counts where they take it for SIGTERM.
    const ends = signal === 'SIGHUP' ? own.some(handler => this.#of('SIGTERM').map(unwrap).includes(handler)) : own.length > 0
    if (!ends) return
    this.#called = true
    const hasBegun = watchBegun()
    process.nextTick(() => { this.#note(hasBegun()) })
  }

  #note (begun: boolean): void {
    if (this.#work !== 'begun') this.#work = begun ? 'begun' : 'perhaps'
  }

  #of (signal: NodeJS.Signals): Handler[] {
    return (process.rawListeners(signal) as Handler[]).filter(handler => !this.#ours.has(unwrap(handler)))
  }
}

/** Of a handler that listens once, rawListeners() has what takes it away again. */
function unwrap (handler: Handler & { listener?: Handler }): Handler {
  return handler.listener ?? handler
}

/** Returns whether more is under way than when it was called: timers, connections, files. */
function watchBegun (): () => boolean {
  const before = countResources()
  return () => [...countResources()].some(([type, count]) => count > (before.get(type) ?? 0))
}

function countResources (): Map<string, number> {
  const counts = new Map<string, number>()
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1)
  return counts
}
