import type { Clock } from '../../platform/clock.js'

/** What became of a starting worker: it is ready, or it is not wanted any more. */
export type Outcome = 'ready' | 'abandoned'

/** The timers of one worker's life, and the promises that wait for its next steps. */
export class Life {
  /** When it became ready, by the clock. Undefined if it never was. */
  readyAt: number | undefined
  /** Whether it is not wanted any more, so that its end is not a failure. */
  abandoned = false
  /** To be called once, when it listens. */
  retire: (() => void) | undefined
  readonly #clock: Clock
  #cancelBoot: (() => void) | undefined
  #cancelKill: (() => void) | undefined
  #settleReady: Array<(failure?: Error) => void> = []
  #settleGone: Array<() => void> = []

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Calls `run` after `timeout` milliseconds, unless the worker is ready or abandoned by then. */
  bootWithin (timeout: number, run: () => void): void {
    if (timeout > 0) this.#cancelBoot = this.#clock.after(timeout, run)
  }

  /** Cancels the boot timeout. */
  endBoot (): void {
    this.#cancelBoot?.()
  }

  /** Calls `run` after `delay` milliseconds, unless the worker has exited by then. Replaces an earlier call. */
  endWithin (delay: number, run: () => void): void {
    this.#cancelKill?.()
    this.#cancelKill = this.#clock.after(delay, run)
  }

  ready (): void {
    this.readyAt = this.#clock.now()
    this.endBoot()
    for (const settle of this.#settleReady.splice(0)) settle()
  }

  ended (failure: Error): void {
    this.#cancelBoot?.()
    this.#cancelKill?.()
    for (const settle of this.#settleReady.splice(0)) settle(failure)
    for (const settle of this.#settleGone.splice(0)) settle()
  }

  /** @throws the error with which it failed */
  async becomesReady (): Promise<Outcome> {
    return await new Promise((resolve, reject) => {
      this.#settleReady.push(failure => {
        if (failure === undefined) resolve('ready')
        else if (this.abandoned) resolve('abandoned')
        else reject(failure)
      })
    })
  }

  async isGone (): Promise<void> {
    await new Promise<void>(resolve => { this.#settleGone.push(resolve) })
  }
}
