import { inspect } from 'node:util'
import type { ConnectionView, PolicyFunction, WorkerView } from '../../../../types/index.js'
import type { Connection } from '../../../lane.js'
import { Queue } from '../../../queue.js'
import type { SafeLog } from '../../../fastify/safe-log.js'
import type { Member } from '../member.js'
import type { May, Policy } from '../policy.js'

/** Milliseconds after which it is asked again for what it keeps, when nothing else has it asked: it may go by what the workers report. */
const ASK_AGAIN = 100

/** Of how many that it keeps it is asked in one deal: however many there are, the others are not held up. */
const MOST_ASKED = 64

/** A policy of the app's own. Where it fails, round robin serves. */
export class Custom implements Policy {
  readonly levels = false
  readonly spares = true
  readonly #ask: PolicyFunction
  readonly #log: SafeLog
  readonly #members = new Map<WorkerView, Member>()
  /** Those that it said null of. */
  readonly #kept = new Queue<Connection>()
  /** How many of them it is to be asked for again in this deal. */
  #toAsk = 0
  /** What it is asked with; the same array each time. */
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
      this.#complain(err, 'the policy has thrown, and round robin serves')
      return undefined
    }
    if (answer === null) {
      this.#kept.push(connection)
      return null
    }
    const member = this.#members.get(answer as WorkerView)
    if (member !== undefined && may(member)) return member
    if (answer instanceof Promise) answer.catch(() => {}) // one that rejects would end this process
    this.#complain(new TypeError(`it must return one of the workers that it is given, or null; got ${describe(answer)}`), 'the policy has returned what it may not, and round robin serves')
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

  /** Once: it would be a line for each connection. */
  #complain (err: unknown, message: string): void {
    if (!this.#complained) this.#log.error({ event: 'policy-error', err }, message)
    this.#complained = true
  }
}

function describe (answer: unknown): string {
  try {
    return inspect(answer, { depth: 0 })
  } catch {
    return `a value of type ${typeof answer}` // which has an inspect() of its own
  }
}

function viewOf (connection: Connection): ConnectionView {
  return { get remoteAddress () { return connection.address() } }
}
