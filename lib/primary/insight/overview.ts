import type { Stats, Status } from '../../../types/index.js'
import type { Buckets } from '../../histogram.js'
import type { Options } from '../../options/options.js'
import type { Clock } from '../../platform/clock.js'
import type { Ports } from '../ports/ports.js'
import type { Reload } from '../workers/reload.js'
import type { Supervisor } from '../workers/supervisor.js'
import type { Counted, Counts, Totals } from './totals.js'

/** The part of the status that does not depend on the process. */
export type PrimaryStatus = Omit<Status, 'name' | 'pid' | 'version' | 'node' | 'mode' | 'app' | 'startedAt' | 'uptime' | 'successor' | 'steerable'>

export interface OverviewParts {
  options: Options
  lane: Status['lane']
  supervisor: Supervisor
  ports: Ports
  reload: Reload
  totals: Totals
  stopping (): boolean
  clock: Clock
}

/** Collects the status of a primary from its parts. */
export class Overview {
  readonly #parts: OverviewParts

  constructor (parts: OverviewParts) {
    this.#parts = parts
  }

  stats (): Stats {
    const { ports: { open, all }, supervisor: { workers }, totals, stopping, clock } = this.#parts
    return {
      workers: workers.map(worker => worker.stats(clock.now())),
      pending: open.reduce((sum, { handoff }) => sum + handoff.pending, 0),
      held: all.reduce((sum, { held }) => sum + held.size, 0),
      shed: all.reduce((sum, { handoff }) => sum + handoff.shed, totals.former.shed),
      listeners: open.map(({ key, names, handoff, held }) => ({ key, addresses: names, pending: handoff.pending, held: held.size })),
      ready: !stopping() && workers.some(({ state }) => state === 'ready')
    }
  }

  status (): PrimaryStatus {
    const stats = this.stats()
    const { options: { policy, maxPending }, lane, supervisor, reload, totals, stopping } = this.#parts
    const { handedOff, returned, requests } = totals.all(supervisor.workers)
    return {
      ...stats,
      state: stopping() ? 'stopping' : stats.ready ? 'ready' : 'starting',
      lane,
      policy: typeof policy === 'function' ? 'custom' : policy,
      wanted: supervisor.slots.length,
      generation: supervisor.generation,
      reload: reload.progress,
      reloads: {
        completed: totals.former.reloads.completed + reload.counts.completed,
        aborted: totals.former.reloads.aborted + reload.counts.aborted
      },
      restarts: totals.former.restarts + supervisor.crashes,
      maxPending,
      handedOff,
      returned,
      requests
    }
  }

  /** The counts of each slot's workers since the start, including those that have exited. */
  get countsBySlot (): Map<number, Counts> {
    const { totals, supervisor } = this.#parts
    return totals.bySlot(supervisor.workers)
  }

  /** Everything that is counted, for a successor. */
  get counted (): Counted {
    const { restarts, reloads, shed } = this.status()
    return { slots: [...this.countsBySlot], reclaimed: this.reclaimed, ackTimes: this.ackTimes, shed, restarts, reloads }
  }

  /** Connections that workers had not taken when they died. Other workers got them. */
  get reclaimed (): number {
    return this.#parts.totals.reclaimed
  }

  /** Histogram of the seconds between sending a frame and its ack. */
  get ackTimes (): Buckets {
    return this.#parts.totals.ackTimes
  }
}
