import type { Clock } from '../../platform/clock.js'

/** What became of a worker that was to be ready: it is, it failed, or nobody wants it any more. */
export type Outcome = 'ready' | 'abandoned'

/** What is to happen at one worker's next steps. */
export class Life {
  /** By the clock; undefined when it never was. */
  readyAt: number | undefined
  /** Nobody wants it any more: its end is no failure. */
  abandoned = false
  /** To be called once, when it is up. */
  retire: (() => void) | undefined
  readonly #clock: Clock
  #cancelBoot: (() => void) | undefined
  #cancelKill: (() => void) | undefined
  #settleReady: Array<(failure?: Error) => void> = []
  #settleGone: Array<() => void> = []

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Calls `run` unless it is ready, or wanted no more, by then. */
  bootWithin (timeout: number, run: () => void): void {
    if (timeout > 0) this.#cancelBoot = this.#clock.after(timeout, run)
  }

  /** From now on it may take as long as it likes. */
  endBoot (): void {
    this.#cancelBoot?.()
  }

  /** Calls `run` unless it has ended by then; the last call counts. */
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

  /** @throws what it failed of */
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
