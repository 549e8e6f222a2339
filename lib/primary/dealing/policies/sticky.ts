import ipaddr from 'ipaddr.js'
import type { WorkerView } from '../../../../types/index.js'
import type { Connection } from '../../../lane.js'
import { Queue } from '../../../queue.js'
import type { Clock } from '../../../platform/clock.js'
import type { Member } from '../member.js'
import type { May, Policy } from '../policy.js'
import type { WorkerHandle } from '../../workers/worker-handle.js'
import { Homes } from './homes.js'

/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/index.html */
const FNV_OFFSET = 0x811C9DC5
const FNV_PRIME = 0x01000193

/** Bits in a byte. */
const BYTE = 8

export interface StickyParts {
  /** Milliseconds, from its acceptance, that a connection waits for its own worker. */
  wait: number
  /** The number of leading bits of an IPv6 address that identify a client. */
  ipv6Prefix: number
  clock: Clock
}

/**
 * Sends all connections of a client to the same worker, its home. A connection waits for its home, and goes
 * to another worker if that takes too long.
 */
export class Sticky implements Policy {
  // Each connection has a home of its own, busy or not.
  readonly levels = false
  readonly spares = false
  readonly #parts: StickyParts
  readonly #homes = new Homes<Member>(({ worker }) => worker.place)
  /** The connections that wait for each member, in the order of arrival. */
  readonly #waiting = new Map<Member, Queue<Connection>>()
  waiting = 0

  constructor (parts: StickyParts) {
    this.#parts = parts
  }

  load (_worker: WorkerView, dealt: number): number {
    return dealt
  }

  add (member: Member): void {
    this.#homes.add(member)
  }

  remove (member: Member): readonly Connection[] {
    this.#homes.remove(member)
    const released = this.#waiting.get(member)?.drain() ?? []
    this.#waiting.delete(member)
    this.waiting -= released.length
    return released
  }

  choose (connection: Connection, may: May, refusers: ReadonlySet<WorkerHandle> | undefined): Member | null | undefined {
    const address = connection.address()
    if (address === undefined) return undefined // a Unix socket: clients cannot be told apart
    const client = hashOf(address, this.#parts.ipv6Prefix)
    const home = client === undefined ? undefined : this.#homes.of(client)
    if (client === undefined || home === undefined || may(home)) return home
    if (refusers?.has(home.worker) === true || this.#isOverdue(connection)) return this.#homes.best(client, may)
    this.#wait(connection, home)
    return null
  }

  begin (): void {}

  take (may: May): Connection | undefined {
    for (const [home, queue] of this.#waiting) {
      if (!may(home) && !this.#isOverdue(queue.first() as Connection)) continue
      const connection = queue.shift()
      if (queue.size === 0) this.#waiting.delete(home)
      this.waiting--
      return connection
    }
    return undefined
  }

  due (): number | undefined {
    if (this.waiting === 0) return undefined
    const { wait, clock } = this.#parts
    let earliest = Infinity
    for (const queue of this.#waiting.values()) earliest = Math.min(earliest, (queue.first() as Connection).acceptedAt)
    return Math.max(0, earliest + wait - clock.now())
  }

  drop (matches: (connection: Connection) => boolean): Connection[] {
    const dropped: Connection[] = []
    for (const [home, queue] of this.#waiting) {
      dropped.push(...queue.drop(matches))
      if (queue.size === 0) this.#waiting.delete(home)
    }
    this.waiting -= dropped.length
    return dropped
  }

  #wait (connection: Connection, home: Member): void {
    const queue = this.#waiting.get(home) ?? new Queue<Connection>()
    const last = queue.last()
    // Connections that waited for a member that has left may be older than the ones that wait here.
    const later = last !== undefined && last.acceptedAt > connection.acceptedAt ? queue.drop(({ acceptedAt }) => acceptedAt > connection.acceptedAt) : []
    for (const next of [connection, ...later]) queue.push(next)
    this.#waiting.set(home, queue)
    this.waiting++
  }

  #isOverdue ({ acceptedAt }: Connection): boolean {
    return this.#parts.clock.now() - acceptedAt >= this.#parts.wait
  }
}

/**
 * A 32-bit number that identifies the client: a hash of its IPv4 address, or of the network part of its IPv6
 * address. Undefined if `address` is neither.
 */
export function hashOf (address: string, ipv6Prefix: number): number | undefined {
  if (!ipaddr.isValid(address)) return undefined
  const bytes = ipaddr.process(address).toByteArray() // converts ::ffff:192.0.2.1, which a port for both families reports, to 192.0.2.1
  const bits = bytes.length === 4 ? 32 : ipv6Prefix
  let hash = FNV_OFFSET
  for (let i = 0; i * BYTE < bits; i++) {
    const beyond = Math.max(0, (i + 1) * BYTE - bits)
    hash = Math.imul(hash ^ (bytes[i] as number) >> beyond, FNV_PRIME)
  }
  return hash >>> 0
}
