import type { Ledger } from './ledger.js'
import { stamp } from './stamp.js'

/** Milliseconds after a kill in which a client notices it, however busy the machine is. */
const NEWS_DELAY = 5_000

/**
 * How a request ended. Each ends in exactly one way.
 *
 * - answered: with proof that it was this request's answer
 * - cut: by SIGKILL of the worker that served it, or that had its connection
 * - in hand: see {@link Accounts}
 * - aborted: by its client
 * - lost, wrong, twice: must not happen
 */
export const FATES = ['answered', 'cut', 'in hand', 'aborted', 'lost', 'wrong', 'twice'] as const
export type Fate = typeof FATES[number]

const FORBIDDEN: readonly Fate[] = ['lost', 'wrong', 'twice']

/** One attempt to get a request answered. */
export interface Attempt {
  id: number
  /** The client's address of its connection, which no other connection has. Empty while it has none. */
  address: string
  /** Whether its connection has carried a request before. */
  reused: boolean
  begunAt: number
}

/** Something that must not happen. */
export interface Finding { what: Fate | 'closed' | 'leak' | 'failure', text: string }

interface Request { kind: string, begunAt: number, retried: boolean, fate?: Fate }

interface Kill { pid: number, at: number, inHand: boolean }

/**
 * How every request ended, from what the clients saw and what the workers recorded in the ledger.
 *
 * A worker may be killed after it took a connection and before it recorded that. It takes one connection
 * at a time, so for each kill one request may be missing in the ledger, if it was begun before the kill
 * and failed at it. These are 'in hand'.
 */
export class Accounts {
  readonly findings: Finding[] = []
  readonly #ledger: Ledger
  readonly #now: () => number
  readonly #requests = new Map<number, Request>()
  readonly #kills: Kill[] = []
  readonly #counts = zeroes()
  #retried = 0
  #closed = false
  #answeredAt: number

  /** @param now as performance.now() */
  constructor (ledger: Ledger, now: () => number) {
    this.#ledger = ledger
    this.#now = now
    this.#answeredAt = now()
  }

  get counts (): Readonly<Record<Fate, number>> {
    return this.#counts
  }

  get retried (): number {
    return this.#retried
  }

  /** When the last answer came. */
  get answeredAt (): number {
    return this.#answeredAt
  }

  /** Registers a new request. @returns its id */
  begin (kind: string): number {
    const id = this.#requests.size + 1
    this.#requests.set(id, { kind, begunAt: this.#now(), retried: false })
    return id
  }

  /** To be called before the signal is sent. */
  killed (pid: number): void {
    this.#kills.push({ pid, at: this.#now(), inHand: false })
  }

  /** It was answered correctly, by this process (the answer says which). */
  answered (attempt: Attempt, pid: number): void {
    this.#answeredAt = this.#now()
    if (this.#ledger.beginners(attempt.id).includes(pid)) this.#end(attempt, 'answered')
    else this.#end(attempt, 'wrong', `answered by ${pid}, which has not recorded it`)
  }

  wrong (attempt: Attempt, what: string): void {
    this.#end(attempt, 'wrong', what)
  }

  aborted (attempt: Attempt): void {
    this.#end(attempt, 'aborted')
  }

  /**
   * It was not answered. 'again': no worker began it, and its connection may have been closed as idle
   * just when it was sent, so it has to be sent once more (RFC 9110, section 9.2.2).
   */
  failed (attempt: Attempt, why: string): 'ended' | 'again' {
    const request = this.#requests.get(attempt.id) as Request
    const beginners = this.#ledger.beginners(attempt.id)
    const last = this.#ledger.takers(attempt.address).at(-1)
    if (beginners.length > 0 ? beginners.some(pid => this.#wasKilled(pid)) : last !== undefined && this.#wasKilled(last)) {
      this.#end(attempt, 'cut')
    } else if (beginners.length === 0 && attempt.reused && !request.retried) {
      request.retried = true
      this.#retried++
      return 'again'
    } else if (beginners.length === 0 && (last === undefined || attempt.reused) && this.#wasInHand(attempt)) {
      this.#end(attempt, 'in hand')
    } else {
      this.#end(attempt, 'lost', why)
    }
    return 'ended'
  }

  /** The server has closed a kept connection that could have moved: only the death of the worker that had it is a reason. */
  closed (address: string, openedAt: number): void {
    const takers = this.#ledger.takers(address)
    if (takers.some(pid => this.#wasKilled(pid)) || this.#wasInHand({ begunAt: openedAt })) return
    this.#find('closed', `connection from ${address}, open since ${stamp(openedAt)}, was closed at ${stamp(this.#now())}; taken by ${takers.join(', ')}`)
  }

  /** To be called at the end, for findings that are only possible then. Returns the counts by kind of request. */
  close (): Map<string, Record<Fate, number>> {
    for (const [id, request] of this.#requests) {
      if (request.fate === undefined) this.#end({ id, address: '', reused: false, begunAt: request.begunAt }, 'lost', 'it never ended')
    }
    for (const [id, pids] of this.#ledger.begunTwice()) {
      const request = this.#requests.get(id)
      if (request?.fate !== undefined) this.#counts[request.fate]--
      if (request !== undefined) request.fate = 'twice'
      this.#counts.twice++
      this.#find('twice', `request ${id} (${request?.kind}): begun by ${pids.join(' and ')}`)
    }
    for (const [address, pids] of this.#ledger.takenTwice()) this.#find('twice', `connection from ${address}: taken by ${pids.join(' and ')}`)
    this.#closed = true
    const kinds = new Map<string, Record<Fate, number>>()
    for (const { kind, fate } of this.#requests.values()) {
      const counts = kinds.get(kind) ?? zeroes()
      counts[fate as Fate]++
      kinds.set(kind, counts)
    }
    return kinds
  }

  #end (attempt: Attempt, fate: Fate, why = ''): void {
    if (this.#closed) return
    const request = this.#requests.get(attempt.id)
    if (request === undefined || request.fate !== undefined) throw new Error(`request ${attempt.id} ends as ${fate}, but was ${request?.fate ?? 'never begun'} before`)
    request.fate = fate
    this.#counts[fate]++
    if (FORBIDDEN.includes(fate)) this.#find(fate, this.#describe(attempt, request, why))
  }

  #find (what: Finding['what'], text: string): void {
    this.findings.push({ what, text })
  }

  #wasKilled (pid: number): boolean {
    return this.#kills.some(kill => kill.pid === pid)
  }

  #wasInHand ({ begunAt }: Pick<Attempt, 'begunAt'>): boolean {
    const now = this.#now()
    const kill = this.#kills.find(({ at, inHand }) => !inHand && begunAt <= at && now - at < NEWS_DELAY)
    if (kill === undefined) return false
    kill.inHand = true
    return true
  }

  #describe ({ id, address, reused, begunAt }: Attempt, { kind, retried }: Request, why: string): string {
    const name = (pids: readonly number[]): string => pids.map(pid => `${pid}${this.#wasKilled(pid) ? ' (killed)' : ''}`).join(' and ') || 'nobody'
    return `request ${id} (${kind}${retried ? ', sent again' : ''}), from ${stamp(begunAt)} to ${stamp(this.#now())}: ${why}; ` +
      `begun by ${name(this.#ledger.beginners(id))}; its connection, ${reused ? 'used before, ' : ''}from ${address || 'nowhere'}, was taken by ${name(this.#ledger.takers(address))}`
  }
}

function zeroes (): Record<Fate, number> {
  return Object.fromEntries(FATES.map(fate => [fate, 0])) as Record<Fate, number>
}
