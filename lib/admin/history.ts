import type { Sample, Status } from '../../types/index.js'
import { type Happened, onHappened } from './events.js'
import type { Operable } from './operable.js'

/** Milliseconds between two samples, and the number of samples that are kept: ten minutes. */
export const INTERVAL = 1_000
const KEPT = 600

/** The number of events that are kept. */
const EVENTS_KEPT = 200

type Seen = Omit<Status, 'steerable'>

/** Records the activity of a primary in each second of the last ten minutes, and its latest events. */
export class History {
  readonly #status: () => Seen
  readonly #samples: Sample[] = []
  readonly #happened: Happened[] = []
  readonly #ignore: () => void
  readonly #watchers = new Set<(sample: Sample, status: Seen) => void>()
  readonly #timer: NodeJS.Timeout
  #before: Seen

  constructor (primary: Pick<Operable, 'events' | 'status'>) {
    this.#status = () => primary.status()
    this.#before = primary.status()
    this.#ignore = onHappened(primary, happened => {
      this.#happened.push(happened)
      if (this.#happened.length > EVENTS_KEPT) this.#happened.shift()
    })
    this.#timer = setInterval(() => { this.#sample() }, INTERVAL).unref()
  }

  /** Oldest first. */
  get samples (): readonly Sample[] {
    return this.#samples
  }

  /** Oldest first. */
  get happened (): readonly Happened[] {
    return this.#happened
  }

  /** Calls `seen` once a second. The returned function ends that. */
  watch (seen: (sample: Sample, status: Seen) => void): () => void {
    this.#watchers.add(seen)
    return () => { this.#watchers.delete(seen) }
  }

  close (): void {
    clearInterval(this.#timer)
    this.#ignore()
  }

  #sample (): void {
    const status = this.#status()
    const sample = compare(this.#before, status)
    this.#before = status
    this.#samples.push(sample)
    if (this.#samples.length > KEPT) this.#samples.shift()
    for (const seen of this.#watchers) seen(sample, status)
  }
}

function compare (before: Seen, now: Seen): Sample {
  const seconds = Math.max(1, now.uptime - before.uptime) / 1_000
  const rate = (of: (seen: Seen) => number): number => Math.round(Math.max(0, of(now) - of(before)) / seconds)
  const utilizations = now.workers.filter(({ state }) => state === 'ready').map(({ utilization }) => utilization)
  return {
    time: now.startedAt + now.uptime,
    connections: rate(({ handedOff }) => handedOff),
    requests: rate(({ requests }) => requests),
    open: now.workers.reduce((sum, { open }) => sum + open, 0),
    pending: now.pending,
    held: now.held,
    shed: rate(({ shed }) => shed),
    utilization: utilizations.reduce((sum, value) => sum + value, 0) / Math.max(1, utilizations.length),
    busiest: Math.max(0, ...utilizations)
  }
}
