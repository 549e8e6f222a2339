import { setTimeout as sleep } from 'node:timers/promises'
import type { Accounts } from './accounts.js'
import type { SoakedApp } from './app.js'
import { askToBlock } from './plans.js'
import type { Random } from './random.js'
import type { Requests } from './requests.js'
import { stamp } from './stamp.js'

/** The number of workers at the beginning, and the range in which they are scaled. */
export const WORKERS = 4
const FEWEST = 2
const MOST = 5

/** Milliseconds from one fault to the next. */
const PAUSE = [300, 1_500] as const

/** Milliseconds without another kill after a kill: a worker that dies young is replaced later each time. */
const KILL_PAUSE = 6_000
const MASSACRE_PAUSE = 20_000

/** Each fault is as frequent as it is in this list. */
const KINDS = [
  'kill', 'kill', 'kill',
  'kill all',
  'stop', 'stop', 'stop', 'stop',
  'block', 'block', 'block', 'block',
  'reload',
  'add a worker', 'add a worker',
  'remove a worker', 'remove a worker'
] as const
export type Fault = typeof KINDS[number]

export interface FaultParts {
  app: SoakedApp
  origins: readonly string[]
  accounts: Accounts
  requests: Requests
  random: Random
}

/** Faults that happen to the app, one after another. The consequences of one may go on during the next. */
export class Faults {
  /** For finding out what happened. */
  readonly log: string[] = []
  readonly counts = new Map<Fault, number>()
  #asked = WORKERS
  #stopped = false
  #mayKillAt = 0
  #killed = 0
  readonly #parts: FaultParts
  /** What has to end before the app can be healthy again. */
  readonly #lasting = new Set<Promise<void>>()

  constructor (parts: FaultParts) {
    this.#parts = parts
  }

  /** How many workers there should be. */
  get workers (): number {
    // An added worker that is killed before it is ready is not tried again: one worker less is kept.
    return this.#asked - this.#parts.app.app.lines.filter(({ event }) => event === 'scale-failed').length
  }

  get kills (): number {
    return this.#killed
  }

  /** Goes on until it is stopped. */
  async run (): Promise<void> {
    while (!this.#stopped) {
      const random = this.#parts.random.fork()
      await this.#strike(random.pick(KINDS), random)
      await sleep(random.between(...PAUSE))
    }
    await Promise.all(this.#lasting)
  }

  stop (): void {
    this.#stopped = true
  }

  reload (): void {
    this.#signalPrimary('reload', 'SIGHUP')
  }

  /** Restores the number of workers, one at a time, because several signals of one kind may be merged. */
  async scaleBack (): Promise<void> {
    while (this.workers !== WORKERS) {
      this.#scaleBy(this.workers < WORKERS ? 1 : -1)
      await this.#parts.app.becomes(`of ${this.workers} workers`, ({ stats }) => stats.workers.filter(({ state }) => state === 'ready').length === this.workers)
    }
  }

  async #strike (kind: Fault, random: Random): Promise<void> {
    switch (kind) {
      case 'kill': return await this.#kill(kind, random)
      case 'kill all': return await this.#kill(kind, random)
      case 'stop': return await this.#pause(random.between(1, 1_450), random)
      case 'block': return this.#block(random.between(50, 1_500), random.pick(this.#parts.origins))
      case 'reload': return this.reload()
      case 'add a worker': if (this.workers < MOST) this.#scaleBy(1); return
      case 'remove a worker': if (this.workers > FEWEST) this.#scaleBy(-1)
    }
  }

  async #kill (kind: 'kill' | 'kill all', random: Random): Promise<void> {
    if (performance.now() < this.#mayKillAt) return
    const workers = await this.#pids(random)
    for (const pid of kind === 'kill' ? workers.slice(0, 1) : workers) {
      if (!this.#parts.app.signal(pid, 'SIGKILL')) continue
      this.#parts.accounts.killed(pid)
      this.#killed++
      this.#note(kind, `SIGKILL of ${pid}`)
    }
    this.#mayKillAt = performance.now() + (kind === 'kill' ? KILL_PAUSE : MASSACRE_PAUSE)
  }

  async #pause (ms: number, random: Random): Promise<void> {
    const { app } = this.#parts
    const [pid] = await this.#pids(random)
    if (pid === undefined || !app.signal(pid, 'SIGSTOP')) return
    this.#note('stop', `SIGSTOP of ${pid} for ${ms} ms`)
    this.#last(sleep(ms).then(() => { app.signal(pid, 'SIGCONT') }))
  }

  #block (ms: number, origin: string): void {
    this.#note('block', `a worker blocks for ${ms} ms`)
    this.#last(this.#parts.requests.send(origin, { kind: 'blocking', ...askToBlock(ms) }))
  }

  #scaleBy (difference: 1 | -1): void {
    this.#asked += difference
    if (difference > 0) this.#signalPrimary('add a worker', 'SIGTTIN')
    else this.#signalPrimary('remove a worker', 'SIGTTOU')
  }

  #signalPrimary (kind: Fault, signal: NodeJS.Signals): void {
    this.#note(kind, `${signal}, ${this.workers} workers`)
    process.kill(this.#parts.app.pid, signal)
  }

  /** The workers' processes, in whatever state, in random order. */
  async #pids (random: Random): Promise<number[]> {
    const { stats } = await this.#parts.app.look()
    const pids = stats.workers.map(({ pid }) => pid).filter(pid => pid !== undefined)
    return pids.map(pid => ({ pid, key: random.next() })).sort((a, b) => a.key - b.key).map(({ pid }) => pid)
  }

  #note (kind: Fault, text: string): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    this.log.push(`${stamp(performance.now())} ${text}`)
  }

  #last (effect: Promise<void>): void {
    this.#lasting.add(effect)
    effect.finally(() => { this.#lasting.delete(effect) })
  }
}
