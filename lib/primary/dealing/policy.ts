import type { WorkerView } from '../../../types/index.js'
import type { Connection } from '../../lane.js'
import type { Member } from './member.js'
import type { WorkerHandle } from '../workers/worker-handle.js'

/** Whether the member can take the connection now, and has not refused it. */
export type May = (member: Member) => boolean

/** Decides which member gets a connection. It may keep connections that have to wait for a member. */
export interface Policy {
  /**
   * The load to be balanced, as a whole number: members with the least load are next, in turn. It must grow
   * with the number of connections `dealt` to the member now.
   */
  load (worker: WorkerView, dealt: number): number
  /**
   * Whether a burst is dealt only up to an equal load for all members. False if the policy itself decides
   * who gets each connection.
   */
  readonly levels: boolean
  /**
   * Whether saturated members get nothing as long as others can take connections. False if each connection
   * has a member of its own.
   */
  readonly spares: boolean
  add (member: Member): void
  /** Returns the connections that waited for the member. */
  remove (member: Member): readonly Connection[]
  /**
   * Chooses the member for a connection. Undefined: the least loaded member gets it. Null: the connection
   * has to wait although some members may take it, and the policy keeps it.
   */
  choose (connection: Connection, may: May, refusers: ReadonlySet<WorkerHandle> | undefined): Member | null | undefined
  /** The number of connections that it keeps. */
  readonly waiting: number
  /** To be called before each deal. */
  begin (): void
  /** Returns the next kept connection that is overdue, or whose member may take it now. */
  take (may: May): Connection | undefined
  /** The milliseconds until a kept connection is due, whatever else happens. Undefined: never. */
  due (): number | undefined
  /** Removes and returns the matching connections. */
  drop (matches: (connection: Connection) => boolean): Connection[]
}
