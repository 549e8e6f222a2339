import { closeSync, openSync } from 'node:fs'

/** Milliseconds within which a second SIGINT is the first one again: a terminal's and its npm's for one key press. */
const SAME_PRESS = 50

export interface Stopping {
  /** The first SIGTERM, SIGINT or SIGQUIT. */
  stop (signal: NodeJS.Signals): void
  /** A SIGINT or SIGQUIT after a SIGTERM: no more delay. */
  hurry (): void
  /** A second SIGINT. */
  end (): void
}

/** Stops by signals. Returns what takes the handlers away again. */
export function onStopSignals ({ stop, hurry, end }: Stopping): () => void {
  let stopped = false
  let interruptedAt: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    const now = performance.now()
    if (!stopped) {
      stopped = true
      stop(signal)
    } else if (signal === 'SIGINT' && interruptedAt !== undefined && now - interruptedAt > SAME_PRESS) {
      end()
    } else if (signal !== 'SIGTERM' && interruptedAt === undefined) {
      hurry()
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

export interface Steering {
  /** SIGHUP. */
  reload (): void
  /** SIGHUP too, where it says what it said first: the terminal is gone. */
  hungUp (): void
  /** SIGTTIN: one worker more; SIGTTOU: one less. */
  scaleBy (difference: 1 | -1): void
}

/** Steers by the signals that Puma and gunicorn have for it. Returns what takes the handlers away again. */
export function onSteeringSignals ({ reload, hungUp, scaleBy }: Steering): () => void {
  const fromTerminal = hasTerminal()
  const handlers: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGHUP: () => { fromTerminal && !hasTerminal() ? hungUp() : reload() },
    SIGTTIN: () => { scaleBy(1) },
    SIGTTOU: () => { scaleBy(-1) }
  }
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler)
  return () => {
    for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler)
  }
}

/** Whether this process belongs to a terminal: tty(4). */
function hasTerminal (): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}
