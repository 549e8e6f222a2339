import type { WorkerView } from '../../../types/index.js'
import type { Connection } from '../../lane.js'
import type { Member } from './member.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/** Whether the member can take the connection now, and has not refused it. */
export type May = (member: Member) => boolean

/** Decides which member gets a connection; keeps those that are to wait for one of them. */
export interface Policy {
  /**
   * What is to be the same for all, a whole number: those with the least are next, in turn. It grows
   * with each connection that a member is `dealt` now.
   */
  load (worker: WorkerView, dealt: number): number
  /** Whether a burst is dealt only up to the load that makes it the same for all: false where the policy knows who is to have what. */
  readonly levels: boolean
  /** Whether saturated members get nothing as long as others can: false where each connection has a member of its own. */
  readonly spares: boolean
  add (member: Member): void
  /** Returns the connections that waited for it. */
  remove (member: Member): readonly Connection[]
  /**
   * Who gets it; undefined: who has the least load. null: nobody now, though there are some that may; the
   * policy keeps it.
   */
  choose (connection: Connection, may: May, refusers: ReadonlySet<WorkerHandle> | undefined): Member | null | undefined
  /** How many connections it keeps. */
  readonly waiting: number
  /** To be called before each deal. */
  begin (): void
  /** The next one of those that it keeps for which it is time, or a member that may. */
  take (may: May): Connection | undefined
  /** In milliseconds from now: when it is time for one of them, whatever else happens; undefined: never. */
  due (): number | undefined
  /** Lets go of those for which this holds. */
  drop (matches: (connection: Connection) => boolean): Connection[]
}
