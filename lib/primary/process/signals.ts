import { closeSync, openSync } from 'node:fs'

/**
 * Milliseconds within which a second SIGINT counts as the first one again: for one key press, both the
 * terminal and npm may send it.
 */
const SAME_PRESS = 50

export interface Stopping {
  /** Called at the first SIGTERM, SIGINT or SIGQUIT. */
  stop (signal: NodeJS.Signals): void
  /** Called at a SIGINT or SIGQUIT after a SIGTERM: no more closeDelay. */
  hurry (): void
  /** Called at a second SIGINT. */
  end (): void
}

/** Handles stop signals. The returned function removes the handlers. */
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
  /** SIGUSR2. Without it, the signal is the app's. */
  upgrade? (): void
  /** SIGHUP. */
  reload (): void
  /** SIGHUP in its original meaning: the terminal was closed. */
  hungUp (): void
  /** SIGTTIN adds a worker, SIGTTOU removes one. */
  scaleBy (difference: 1 | -1): void
}

/** Handles the signals that Puma and gunicorn use for this. The returned function removes the handlers. */
export function onSteeringSignals ({ upgrade, reload, hungUp, scaleBy }: Steering): () => void {
  const fromTerminal = hasTerminal()
  const handlers: Partial<Record<NodeJS.Signals, () => void>> = {
    SIGHUP: () => { fromTerminal && !hasTerminal() ? hungUp() : reload() },
    ...(upgrade !== undefined && { SIGUSR2: upgrade }),
    SIGTTIN: () => { scaleBy(1) },
    SIGTTOU: () => { scaleBy(-1) }
  }
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler)
  return () => {
    for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler)
  }
}

/** Whether this process has a controlling terminal: tty(4). */
function hasTerminal (): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}
