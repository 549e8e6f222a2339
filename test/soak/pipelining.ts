import { RawClient } from '../clients.js'
import type { Accounts, Attempt } from './accounts.js'
import { nextAddress } from './connections.js'
import { PATIENCE } from './exchange.js'
import type { Plan, Requests } from './requests.js'

interface Connection { address: string, client?: RawClient }

interface Sent { plan: Plan, attempt: Attempt }

/**
 * A client that sends several requests in one write, on one connection for as long as the server allows.
 * Requests that the server has not begun when it closes are sent again, each on a connection of its own.
 */
export class Pipelining {
  readonly #origin: string
  readonly #accounts: Accounts
  readonly #requests: Requests
  #kept: Connection | undefined

  constructor (origin: string, accounts: Accounts, requests: Requests) {
    this.#origin = origin
    this.#accounts = accounts
    this.#requests = requests
  }

  async send (plans: readonly Plan[]): Promise<void> {
    const begunAt = performance.now()
    const { address, client } = this.#takeKept() ?? { address: nextAddress() }
    const sent = plans.map((plan, place): Sent => ({
      plan,
      attempt: { id: this.#accounts.begin(plan.kind), address, begunAt, reused: client !== undefined || place > 0 }
    }))
    await this.#exchange(sent, { address, ...(client !== undefined && { client }) })
  }

  close (): void {
    this.#takeKept()?.client?.socket.destroy()
  }

  async #exchange (sent: readonly Sent[], connection: Connection): Promise<void> {
    let answered = 0
    let impatient: NodeJS.Timeout | undefined
    try {
      const client = connection.client ??= await RawClient.connect({ teardown () {} }, this.#origin, { localAddress: connection.address })
      impatient = setTimeout(() => { client.socket.destroy() }, PATIENCE)
      client.get(...sent.map(({ plan: { path }, attempt: { id } }) => `${path}?id=${id}`))
      let closing = false
      for (const { plan, attempt } of sent) {
        const { body, ...answer } = await client.answer()
        this.#requests.settle(attempt, { ...answer, body: Buffer.from(body, 'latin1') }, plan.check)
        answered++
        closing = answer.headers.connection === 'close'
      }
      if (!closing) this.#kept = connection
    } catch (err) {
      connection.client?.socket.destroy()
      for (const { plan, attempt } of sent.slice(answered)) {
        if (this.#accounts.failed(attempt, (err as Error).message) === 'again') await this.#requests.sendAs(attempt.id, this.#origin, plan)
      }
    } finally {
      clearTimeout(impatient)
    }
  }

  /** The kept connection, unless the server has closed it meanwhile. */
  #takeKept (): Connection | undefined {
    const kept = this.#kept
    this.#kept = undefined
    return kept?.client?.socket.writable === true ? kept : undefined
  }
}
