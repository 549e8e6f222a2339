import { type ChildProcess, spawn } from 'node:child_process'
import { describeEnding } from '../workers/ending.js'
import type { Channel } from '../../protocol.js'
import { post, receive } from '../../protocol.js'
import type { Launch } from '../../platform/launch.js'
import { SUCCESSOR_MARK } from '../../platform/role.js'
import type { Legacy, ToPredecessor, ToSuccessor } from './messages.js'

/** The first descriptor after stdin, stdout, stderr and the IPC channel. */
export const FIRST_INHERITED = 4

export interface SuccessorEvents {
  /** Its workers are ready. It serves when it is told to {@link Successor.go}. */
  onReady (lane: string): void
  /** It has exited, or could not be started, before it took over. */
  onFailed (reason: string): void
}

/** The process of a new primary, which takes the place of this one when its workers are ready. */
export class Successor {
  readonly #child: ChildProcess
  readonly #events: SuccessorEvents
  readonly #whenGone: Array<() => void> = []
  #tookOver = false
  #gone = false

  /** @param inherited descriptors of this process; the first of them is number 4 in the new one */
  constructor ({ exec, args, cwd, env }: Launch, inherited: readonly number[], legacy: Legacy, ticketKeys: () => readonly string[], events: SuccessorEvents) {
    this.#events = events
    this.#child = spawn(exec, args, { cwd, env: { ...env, [SUCCESSOR_MARK]: JSON.stringify(legacy) }, stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...inherited] })
    this.#child.on('error', err => { this.#ended(err.message) })
    this.#child.once('exit', (code, signal) => { this.#ended(describeEnding({ code, signal })) })
    receive<ToPredecessor>(this.channel, message => {
      if (message.type === 'hello') this.#post({ type: 'keys', ticketKeys: ticketKeys() })
      else if (message.type === 'gave-up') events.onFailed(String(message.reason))
      else if (message.type === 'ready' && !this.#tookOver) events.onReady(message.lane)
    })
  }

  /** It is the server from now on. */
  go (): void {
    this.#tookOver = true
    this.#post({ type: 'go' })
  }

  get pid (): number | undefined {
    return this.#child.pid
  }

  get channel (): Channel {
    return this.#child as Channel
  }

  tell (message: ToSuccessor): void {
    this.#post(message)
  }

  kill (signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Resolves when its process has exited. */
  async gone (): Promise<void> {
    if (!this.#gone) await new Promise<void>(resolve => { this.#whenGone.push(resolve) })
  }

  #post (message: ToSuccessor): void {
    post<ToSuccessor>(this.channel, message)
  }

  #ended (reason: string): void {
    if (this.#gone) return
    this.#gone = true
    for (const run of this.#whenGone.splice(0)) run()
    if (!this.#tookOver) this.#events.onFailed(reason)
  }
}
