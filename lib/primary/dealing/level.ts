import type { Policy } from './policy.js'
import type { Member } from './member.js'

/**
 * A worker whose frame has been un-acked for fewer milliseconds than this is merely busy: it will soon have
 * credit again.
 */
export const BUSY = 10

/** Added to the load of a saturated worker when workers are ranked. Larger than any load. */
export const SATURATED = 2 ** 40

interface Sharers { count: number, load: number, least: number }

/**
 * The load from which on members get none of `toDeal` connections. A burst is dealt up to the load that
 * makes it equal for all members, including those that are merely busy, but at least one connection is
 * dealt. Without this limit, the whole burst would go to the first member that acks. Saturated members get
 * nothing as long as others have credit or will soon have it.
 */
export function levelOf (members: readonly Member[], toDeal: number, now: number, { load, levels, spares }: Policy, isFull: (member: Member) => boolean): number {
  const all: Sharers = { count: 0, load: 0, least: Infinity }
  const below: Sharers = { count: 0, load: 0, least: Infinity }
  for (const member of members) {
    const { worker, view } = member
    if (isFull(member) || !(worker.hasCredit || isBusy(member, now))) continue
    const its = load(view, 0)
    add(all, its, worker.hasCredit)
    if (!worker.saturated) add(below, its, worker.hasCredit)
  }
  const sparing = spares && below.count > 0
  const { count, load: sum, least } = sparing ? below : all
  const level = levels ? Math.ceil((sum + toDeal) / count) : Infinity
  // At least one connection for the least loaded member with credit.
  const most = least === Infinity ? level : Math.max(level, least + 1)
  return sparing ? Math.min(most, SATURATED) : SATURATED + most
}

function isBusy ({ worker: { frame } }: Member, now: number): boolean {
  return frame !== null && frame.connections.length > 0 && now - frame.sentAt < BUSY
}

function add (sharers: Sharers, load: number, hasCredit: boolean): void {
  sharers.count++
  sharers.load += load
  if (hasCredit) sharers.least = Math.min(sharers.least, load)
}
