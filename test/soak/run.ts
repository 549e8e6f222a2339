import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../lib/platform/clock.js'
import type { LaneName } from '../../types/index.js'
import { Accounts, type Fate, type Finding } from './accounts.js'
import { SoakedApp } from './app.js'
import { Clients } from './clients.js'
import { complaints } from './complaints.js'
import { type Fault, Faults, WORKERS } from './faults.js'
import { growth, heldAgain, heldBy, memory, MEMORY_BOUND } from './leaks.js'
import { Random } from './random.js'
import { Records } from './records.js'
import { Requests } from './requests.js'
import { Watchdog } from './watchdog.js'

/** Milliseconds between two lines that show the progress. */
const PROGRESS_PAUSE = 10_000

/** The share of the time before the first fault. */
const WARM_UP = 0.2

/** Milliseconds that it may take longer than requested: see the timeouts of the app and its clients. */
const OVERTIME = 240_000

/** Milliseconds for an app that hangs to report its state. */
const LAST_WORDS = 5_000

export interface RunOptions {
  lane: LaneName
  /** How long the clients go on. */
  seconds: number
  seed: number
  say (line: string): void
}

/** The result of a run. */
export interface Result {
  lane: LaneName
  kinds: Map<string, Record<Fate, number>>
  retried: number
  torn: number
  kills: number
  faults: ReadonlyMap<Fault, number>
  faultLog: readonly string[]
  /** Where the records are, if something was found. */
  folder: string
  /** The resources of the primary before and after. */
  notes: readonly string[]
  findings: readonly Finding[]
}

/** One app under test, from its start to its end. */
export class Run {
  readonly #options: RunOptions
  readonly #records = new Records()
  readonly #accounts = new Accounts(this.#records.ledger, () => performance.now())
  readonly #requests = new Requests(this.#accounts)
  readonly #random: Random
  readonly #app: SoakedApp
  readonly #watchdog: Watchdog
  readonly #ends: Array<() => unknown> = []
  readonly #notes: string[] = []
  #clients: Clients | undefined
  #faults: Faults | undefined

  constructor (options: RunOptions) {
    this.#options = options
    this.#random = new Random(options.seed)
    this.#app = new SoakedApp({
      teardown: end => { this.#ends.push(end as () => unknown) },
      passing: () => true, // its log is kept
      comment () {}
    }, options.lane, WORKERS, this.#records.ledgerPath)
    this.#watchdog = new Watchdog({
      limit: options.seconds * 1000 + OVERTIME,
      loaded: () => this.#clients?.stopped === false,
      answeredAt: () => this.#accounts.answeredAt,
      readyWorkers: () => this.#app.readyWorkers,
      clock: systemClock
    })
  }

  /** Resolves when everything has ended, with success or without. */
  async end (): Promise<Result> {
    const killApp = (): void => { this.#app.app.killGroup() }
    process.once('exit', killApp)
    const progress = setInterval(() => { this.#sayProgress() }, PROGRESS_PAUSE)
    try {
      await Promise.race([this.#steps(), this.#watchdog.bite])
    } catch (err) {
      this.#find('failure', (err as Error).stack as string)
      await this.#lastWords()
    }
    clearInterval(progress)
    this.#watchdog.end()
    this.#clients?.leave()
    this.#faults?.stop()
    const kinds = this.#accounts.close()
    this.#accounts.findings.push(...complaints(this.#app.app))
    for (const end of this.#ends) await end()
    process.off('exit', killApp)
    const { findings } = this.#accounts
    const { torn } = this.#records.ledger
    const faultLog = this.#faults?.log ?? []
    if (findings.length === 0) this.#records.remove()
    else this.#records.keep({ log: this.#app.app.raw, faults: faultLog, findings: findings.map(({ what, text }) => `${what}: ${text}`) })
    return {
      lane: this.#options.lane,
      kinds,
      torn,
      retried: this.#accounts.retried,
      kills: this.#faults?.kills ?? 0,
      faults: this.#faults?.counts ?? new Map(),
      faultLog,
      folder: this.#records.folder,
      notes: this.#notes,
      findings
    }
  }

  async #steps (): Promise<void> {
    const urls = await this.#app.urls()
    const before = heldBy(this.#app, await this.#app.idle(WORKERS))
    const accounts = this.#accounts
    const requests = this.#requests
    const clients = this.#clients = new Clients({ urls, accounts, requests, random: this.#random.fork() })
    const faults = this.#faults = new Faults({ app: this.#app, origins: Object.values(urls), accounts, requests, random: this.#random.fork() })
    await Promise.race([this.#underFire(faults), clients.ended()])
    await clients.stop()
    await this.#app.idle(WORKERS)
    const after = await heldAgain(this.#app, before)
    this.#notes.push(`descriptors ${before.descriptors} before, ${after.descriptors} after`)
    for (const grown of growth(before, after)) this.#find('leak', grown)
    for (const pid of this.#app.app.zombies()) this.#find('leak', `process ${pid} has ended, and the primary has not asked after it`)
    await this.#stop()
  }

  /** Under load: warms up, lets the faults happen, and waits until the app is healthy again. */
  async #underFire (faults: Faults): Promise<void> {
    const ms = this.#options.seconds * 1000
    faults.reload() // so that the memory for a reload is part of the warm-up
    await sleep(ms * WARM_UP)
    await this.#app.healthy(WORKERS)
    const before = await memory(this.#app.pid)
    const struck = faults.run()
    await Promise.race([struck, sleep(ms * (1 - WARM_UP))])
    faults.stop()
    await struck
    await faults.scaleBack()
    await this.#app.healthy(WORKERS)
    const after = await memory(this.#app.pid)
    const what = `memory ${before.toFixed(1)} MiB before, ${after.toFixed(1)} MiB after`
    this.#notes.push(`${what} (${MEMORY_BOUND} MiB more at most)`)
    if (after - before > MEMORY_BOUND) this.#find('leak', what)
  }

  async #stop (): Promise<void> {
    const { app } = this.#app
    const { code, signal } = await app.stop()
    if (code !== 0) this.#find('failure', `SIGTERM: the primary ended with code ${code}, signal ${signal}`)
    for (const pid of await app.leftBehind()) this.#find('leak', `process ${pid} outlives the primary`)
    for (const pid of app.zombies()) this.#find('leak', `process ${pid} is left as a zombie`)
  }

  #sayProgress (): void {
    const { answered, cut, aborted, lost, wrong, 'in hand': inHand } = this.#accounts.counts
    const { workers = WORKERS, kills = 0 } = this.#faults ?? {}
    this.#options.say(`${Math.round(performance.now() / 1000)} s, ${this.#options.lane}: ${answered} answered, ${cut} cut, ${inHand} in hand, ${aborted} aborted, ${lost} lost, ${wrong} wrong; ${this.#app.readyWorkers} of ${workers} workers, ${kills} kills`)
  }

  /** The state of an app that hangs. */
  async #lastWords (): Promise<void> {
    const look = await Promise.race([this.#app.look().catch(String), sleep(LAST_WORDS, 'the primary does not answer')])
    this.#options.say(`${JSON.stringify(look)}; its processes: ${this.#app.app.processes().join(', ')}`)
  }

  #find (what: Finding['what'], text: string): void {
    this.#accounts.findings.push({ what, text })
  }
}
