/** Milliseconds within which a second SIGINT is the first one again: a terminal's and its npm's for one key press. */
const SAME_PRESS = 50

/**
 * Calls `stop` at the first SIGTERM, SIGINT or SIGQUIT, and `end` at a second SIGINT. Returns what
 * takes the handlers away again.
 */
export function onStopSignals (stop: (signal: NodeJS.Signals) => void, end: () => void): () => void {
  let stopped = false
  let interruptedAt: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    if (!stopped) {
      stopped = true
      stop(signal)
    } else if (signal === 'SIGINT' && interruptedAt !== undefined && now - interruptedAt > SAME_PRESS) {
      end()
    }
    if (signal === 'SIGINT') interruptedAt = now
  }
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal)
  return () => {
    for (const signal of STOP_SIGNALS) process.off(signal, onSignal)
  }
}

const STOP_SIGNALS: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGQUIT']

export function isStopSignal (signal: NodeJS.Signals | null): boolean {
  return signal !== null && STOP_SIGNALS.includes(signal)
}
