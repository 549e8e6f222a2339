import type { Connection } from '../../../lane.js'
import type { Policy } from '../policy.js'

/** All workers in turn. */
export const roundRobin: Policy['load'] = (_worker, dealt) => dealt

/** The worker with the fewest connections, un-acked ones included. */
export const leastConnections: Policy['load'] = ({ open, unacked }) => open + unacked

/** A policy that only defines the load. It makes no connection wait. */
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
