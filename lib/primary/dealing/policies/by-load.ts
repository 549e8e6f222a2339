import type { Connection } from '../../../lane.js'
import type { Policy } from '../policy.js'

/** Each in turn. */
export const roundRobin: Policy['load'] = (_worker, dealt) => dealt

/** Who has the fewest connections, those on their way included. */
export const leastConnections: Policy['load'] = ({ open, unacked }) => open + unacked

/** A policy that only says how much each has: no connection waits by its will. */
export class ByLoad implements Policy {
  readonly levels = true
  readonly spares = true
  readonly waiting = 0

  constructor (readonly load: Policy['load']) {}

  add (): void {}
  remove (): readonly Connection[] { return NONE }
  choose (): undefined {}
  begin (): void {}
  take (): undefined {}
  due (): undefined {}
  drop (): Connection[] { return [] }
}

const NONE: readonly Connection[] = []
