import type { Accounts, Attempt } from './accounts.js'
import { type Answer, exchange, type Manner } from './exchange.js'

export interface Plan extends Manner {
  kind: string
  path: string
  /** What is wrong with the body of the answer to this request, or undefined. */
  check (id: number, body: Buffer): string | undefined
}

/** Requests that are accounted for. Each has an id in its URL. */
export class Requests {
  readonly #accounts: Accounts

  constructor (accounts: Accounts) {
    this.#accounts = accounts
  }

  async send (origin: string, plan: Plan): Promise<void> {
    await this.sendAs(this.#accounts.begin(plan.kind), origin, plan)
  }

  /** A request that already has its id. */
  async sendAs (id: number, origin: string, plan: Plan): Promise<void> {
    while (await this.#attempt(id, origin, plan) === 'again');
  }

  /** Whether this is the answer to that request. */
  settle (attempt: Attempt, { status, headers, body }: Answer, check: Plan['check']): void {
    const { id } = attempt
    const wrong = status !== 200
      ? `status ${status}, ${body.subarray(0, 200).toString()}`
      : headers['x-id'] !== String(id) ? `the answer to request ${headers['x-id']}` : check(id, body)
    if (wrong === undefined) this.#accounts.answered(attempt, Number(headers['x-pid']))
    else this.#accounts.wrong(attempt, wrong)
  }

  async #attempt (id: number, origin: string, plan: Plan): Promise<'ended' | 'again'> {
    const begunAt = performance.now()
    const sight = await exchange(origin + plan.path + `?id=${id}`, plan)
    const attempt = { id, begunAt, address: sight.address, reused: sight.reused }
    if ('error' in sight) return this.#accounts.failed(attempt, `${sight.error.code ?? ''} ${sight.error.message.trim()}`)
    if ('aborted' in sight) this.#accounts.aborted(attempt)
    else this.settle(attempt, sight.answer, plan.check)
    return 'ended'
  }
}
