import { spawn } from 'node:child_process'
import { type Addon, loadAddon } from '../../lane/addon.js'
import type { SafeLog } from '../../fastify/safe-log.js'
import { systemError, NO_PORT } from '../../platform/system-error.js'

/** The fields of one message, by name. All values are of one line. */
export type Message = Readonly<Record<string, string | number>>

/** Milliseconds until a message is tried again that the service manager had no room for. */
const RETRY = 1_000

/** The most messages that wait. The oldest are dropped: what they say is no longer so. */
const MOST_WAITING = 32

/** Milliseconds after which the program systemd-notify is killed: it waits until its message has been read. */
const PROGRAM_PATIENCE = 10_000

/** The fields whose latest message replaces earlier ones. */
const PASSING = new Set(['STATUS', 'WATCHDOG', 'EXTEND_TIMEOUT_USEC'])

/** Sends one message, and calls `done`, with an error if that failed. Does not block. */
type Sender = (message: Message, done: (err?: NodeJS.ErrnoException) => void) => void

/**
 * The socket of the service manager: sd_notify(3). Messages arrive in order. Nothing here throws or blocks;
 * the first error of several in a row is logged.
 */
export class NotifySocket {
  readonly #send: Sender
  readonly #log: SafeLog
  #waiting: Message[] = []
  #sending = false
  #retry: NodeJS.Timeout | undefined
  #failing = false
  #whenSent: (() => void) | undefined

  /** @param name a path, or an abstract name that begins with @ */
  constructor (name: string, log: SafeLog) {
    this.#log = log
    this.#send = createSender(name, log)
  }

  send (message: Message): void {
    const kind = kindOf(message)
    if (kind !== undefined) this.#waiting = this.#waiting.filter(earlier => kindOf(earlier) !== kind)
    this.#waiting.push(message)
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()
    if (this.#retry === undefined) this.#sendNext()
  }

  /** Tries once more what waits, and resolves when nothing is being sent. */
  async end (): Promise<void> {
    clearTimeout(this.#retry)
    this.#sendNext()
    if (this.#sending) await new Promise<void>(resolve => { this.#whenSent = resolve })
  }

  #sendNext (): void {
    if (this.#sending) return
    const message = this.#waiting.shift()
    if (message === undefined) return this.#whenSent?.()
    this.#sending = true
    this.#send(message, err => {
      this.#sending = false
      if (err === undefined) this.#failing = false
      else this.#failed(err)
      // Nobody reads at the moment, but somebody listens. The messages stay in order.
      if (err?.code === 'EAGAIN' || err?.code === 'ENOBUFS') this.#retryLater(message)
      else this.#sendNext()
    })
  }

  #failed (err: Error): void {
    if (this.#failing) return
    this.#failing = true
    this.#log.warn({ event: 'notify-error', err }, 'cannot tell the service manager (NOTIFY_SOCKET): %s', err.message)
  }

  #retryLater (message: Message): void {
    this.#waiting.unshift(message)
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#sendNext()
    }, RETRY).unref()
  }
}

/** The kind of a message that a later one of its kind replaces. */
function kindOf (message: Message): string | undefined {
  const names = Object.keys(message)
  return names.every(name => PASSING.has(name)) ? names.join() : undefined
}

/** By the addon. Where it cannot be loaded, by the program systemd-notify(1). */
function createSender (name: string, log: SafeLog): Sender {
  try {
    return byAddon(loadAddon(), name)
  } catch (err) {
    log.debug({ event: 'notify', err }, 'without the native addon, the service manager is told by the program systemd-notify')
    return byProgram(name)
  }
}

function byAddon (addon: Addon, name: string): Sender {
  return (message, done) => {
    const error = addon.notify(name, fieldsOf(message).join('\n'))
    done(error === 0 ? undefined : systemError(error, 'sendto', { address: name, port: NO_PORT }))
  }
}

/**
 * The messages come from another process then, which the service manager rejects unless the unit has
 * NotifyAccess=all, or this process is root's: systemd-notify sends them in the name of its parent if it may.
 * (Not with --pid, which also sends MAINPID.)
 */
function byProgram (name: string): Sender {
  return (message, done) => {
    try {
      const child = spawn('systemd-notify', fieldsOf(message), {
        env: { ...process.env, NOTIFY_SOCKET: name },
        stdio: 'ignore',
        timeout: PROGRAM_PATIENCE,
        killSignal: 'SIGKILL'
      })
      child.unref()
      child.once('error', err => { if (child.pid === undefined) done(err) })
      child.once('exit', (code, signal) => { done(code === 0 ? undefined : new Error(signal === null ? `systemd-notify exited with ${code}` : `systemd-notify was killed by ${signal}`)) })
    } catch (err) {
      done(err as Error) // for want of memory
    }
  }
}

function fieldsOf (message: Message): string[] {
  return Object.entries(message).map(([name, value]) => `${name}=${value}`)
}
