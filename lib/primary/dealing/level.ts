import type { Policy } from './policy.js'
import type { Member } from './member.js'

/** Milliseconds that a frame may be un-acked and its worker is merely busy: it will soon have credit again. */
export const BUSY = 10

/** What a saturated worker ranks beyond its load: more than any load. */
export const SATURATED = 2 ** 40

interface Sharers { count: number, load: number, least: number }

/**
 * Members that rank from here on get nothing of so many connections. A burst is dealt up to the load
 * that makes it the same for all, those that are merely busy included, and one connection in any
 * case: otherwise it would go to the one that is the first to ack. Saturated ones get nothing as long
 * as others could, or soon can.
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
  // One connection at least for whoever has the least of those with credit.
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
