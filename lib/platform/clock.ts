/** Time, so that tests can turn it by hand. All in milliseconds. */
export interface Clock {
  now (): number
  /** Calls `run` once, later; the function returned calls that off. */
  after (delay: number, run: () => void): () => void
}

/** Unmoved by changes of the wall clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after (delay, run) {
    const timer = setTimeout(run, delay)
    return () => { clearTimeout(timer) }
  }
}
