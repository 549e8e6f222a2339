import type { FastifyBaseLogger } from 'fastify'
import { inspect } from 'node:util'
import type { ConnectionView, PolicyFunction, WorkerView } from '../../../types/index.js'
import type { Connection } from '../../lane.js'
import { Queue } from '../../queue.js'
import type { Member } from '../handoff/member.js'
import type { May, Policy } from '../policy.js'

/** A policy of the app's own. Where it fails, round robin serves. */
export class Custom implements Policy {
  readonly spreads = true
  readonly #ask: PolicyFunction
  readonly #log: FastifyBaseLogger
  readonly #members = new Map<WorkerView, Member>()
  /** Those that it said null of, in this deal and before. */
  readonly #later: Connection[] = []
  readonly #again = new Queue<Connection>()
  /** What it is asked with; the same array each time. */
  readonly #candidates: WorkerView[] = []
  #complained = false

  constructor (ask: PolicyFunction, log: FastifyBaseLogger) {
    this.#ask = ask
    this.#log = log
  }

  get waiting (): number {
    return this.#later.length + this.#again.size
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
      this.#later.push(connection)
      return null
    }
    const member = this.#members.get(answer as WorkerView)
    if (member !== undefined && may(member)) return member
    if (answer instanceof Promise) answer.catch(() => {}) // one that rejects would end this process
    const err = new TypeError(`it must return one of the workers that it is given, or null; got ${inspect(answer, { depth: 0 })}`)
    this.#complain(err, 'the policy has returned what it may not, and round robin serves')
    return undefined
  }

  begin (): void {
    this.#again.unshift(this.#later.splice(0))
  }

  take (): Connection | undefined {
    return this.#again.shift()
  }

  due (): undefined {}

  drop (matches: (connection: Connection) => boolean): Connection[] {
    this.begin()
    return this.#again.drop(matches)
  }

  /** Once: it would be a line for each connection. */
  #complain (err: unknown, message: string): void {
    if (!this.#complained) this.#log.error({ event: 'policy-error', err }, message)
    this.#complained = true
  }
}

function viewOf (connection: Connection): ConnectionView {
  return { get remoteAddress () { return connection.address() } }
}
