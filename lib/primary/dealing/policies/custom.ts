import { inspect } from 'node:util'
import type { ConnectionView, PolicyFunction, WorkerView } from '../../../../types/index.js'
import type { Connection } from '../../../lane.js'
import { Queue } from '../../../queue.js'
import type { SafeLog } from '../../../fastify/safe-log.js'
import type { Member } from '../member.js'
import type { May, Policy } from '../policy.js'

/**
 * Milliseconds after which the policy is asked again about the connections that it made wait, if nothing
 * else has caused that: its answer may depend on the workers' reports.
 */
const ASK_AGAIN = 100

/**
 * The most waiting connections that the policy is asked about in one deal, so that many of them do not delay
 * the others.
 */
const MOST_ASKED = 64

/** A policy function of the app. If it fails, round robin is used. */
export class Custom implements Policy {
  readonly levels = false
  readonly spares = true
  readonly #ask: PolicyFunction
  readonly #log: SafeLog
  readonly #members = new Map<WorkerView, Member>()
  /** The connections for which it returned null. */
  readonly #kept = new Queue<Connection>()
  /** The number of them that it may still be asked about in this deal. */
  #toAsk = 0
  /** The argument for the function. The same array each time. */
  readonly #candidates: WorkerView[] = []
  #complained = false

  constructor (ask: PolicyFunction, log: SafeLog) {
    this.#ask = ask
    this.#log = log
  }

  get waiting (): number {
    return this.#kept.size
  }

  load (_worker: WorkerView, dealt: number): number {
    return dealt
  }

  add (member: Member): void {
    this.#members.set(member.view, member)
  }

  remove (member: Member): readonly Connection[] {
    this.#members.delete(member.view)
    return []
  }

  choose (connection: Connection, may: May): Member | null | undefined {
    const candidates = this.#candidates
    candidates.length = 0
    for (const [view, member] of this.#members) if (may(member)) candidates.push(view)
    if (candidates.length === 0) return undefined
    let answer: unknown
    try {
      answer = this.#ask(candidates, viewOf(connection))
    } catch (err) {
      this.#complain(err, 'the policy function threw an error: round robin is used instead')
      return undefined
    }
    if (answer === null) {
      this.#kept.push(connection)
      return null
    }
    const member = this.#members.get(answer as WorkerView)
    if (member !== undefined && may(member)) return member
    if (answer instanceof Promise) answer.catch(() => {}) // or a rejection would end this process
    this.#complain(new TypeError(`a policy function must return one of the workers that it is given, or null; got ${describe(answer)}`), 'the policy function returned an invalid value: round robin is used instead')
    return undefined
  }

  begin (): void {
    this.#toAsk = Math.min(this.#kept.size, MOST_ASKED)
  }

  take (): Connection | undefined {
    return this.#toAsk-- > 0 ? this.#kept.shift() : undefined
  }

  due (): number | undefined {
    return this.#kept.size > 0 ? ASK_AGAIN : undefined
  }

  drop (matches: (connection: Connection) => boolean): Connection[] {
    return this.#kept.drop(matches)
  }

  /** Logs the first failure only, or there would be a line for each connection. */
  #complain (err: unknown, message: string): void {
    if (!this.#complained) this.#log.error({ event: 'policy-error', err }, message)
    this.#complained = true
  }
}

function describe (answer: unknown): string {
  try {
    return inspect(answer, { depth: 0 })
  } catch {
    return `a value of type ${typeof answer}` // its own inspect() throws
  }
}

function viewOf (connection: Connection): ConnectionView {
  return { get remoteAddress () { return connection.address() } }
}
