/** A source of time that tests can advance by hand. All values are in milliseconds. */
export interface Clock {
  now (): number
  /** Calls `run` once after `delay`. The returned function cancels the call. */
  after (delay: number, run: () => void): () => void
}

/** The whole milliseconds that are left until `deadline`, or 0 if it has passed. */
export function timeLeft (clock: Clock, deadline: number): number {
  return Math.max(0, Math.round(deadline - clock.now()))
}

/** Monotonic: not affected by changes of the wall clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after (delay, run) {
    const timer = setTimeout(run, delay)
    return () => { clearTimeout(timer) }
  }
}
