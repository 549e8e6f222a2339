import type { IncomingMessage } from 'node:http'
import { MOST_SUSPECTS, type Stall } from '../protocol.js'
import { LOOK } from '../platform/timing.js'
import type { Handlers } from './handlers.js'

/** The activity of the event loop in the last second. */
export interface LastSecond {
  /** The share of the time in which it was busy, 0 to 1. */
  utilization: number
  /** The longest delay, in milliseconds. */
  delay: number
  /** The number of stalls since the start. */
  stalls: number
  /** The longest stall of the second. */
  stall?: Stall
}

export interface EventLoopParts {
  handlers: Pick<Handlers, 'watch' | 'take' | 'nameOf'>
  /** The requests that may just have blocked this process, the most likely first. */
  suspects (): Iterable<IncomingMessage>
  /** Whether a debugger may be holding this process. */
  debugged (): boolean
}

/**
 * Measures the event loop with a timer, which fires late if something blocks. Not with Node's
 * monitorEventLoopDelay(): after each reset(), it misses a block that begins before its next sample. And
 * the blocking request can be identified only if nothing else has happened since.
 */
export class EventLoop {
  readonly #parts: EventLoopParts
  #stallAfter = Infinity
  #timer: NodeJS.Timeout | undefined
  #lookedAt = 0
  #used = performance.eventLoopUtilization()
  #utilization = 0
  /** For the second that is read next, as is `#stall`. */
  #latest = 0
  #delay = 0
  #stalls = 0
  #stall: Stall | undefined

  constructor (parts: EventLoopParts) {
    this.#parts = parts
  }

  /** Called when connections may arrive. Before that, the app is loading, and may block as it likes. */
  begin (stallAfter: number): void {
    this.#stallAfter = stallAfter
    if (this.#timer !== undefined) return
    this.#lookedAt = performance.now()
    this.#used = performance.eventLoopUtilization()
    this.#timer = setInterval(() => { this.#look() }, LOOK).unref()
  }

  /** The values of the last read(). Without the stall, which is reported once. */
  get last (): LastSecond {
    return { utilization: this.#utilization, delay: this.#delay, stalls: this.#stalls }
  }

  /** Ends the current second and returns its values. Before begin(), they are zero. */
  read (): LastSecond {
    if (this.#timer === undefined) return this.last
    if (this.#late() > 0) this.#look() // a block until now belongs to this second
    const used = performance.eventLoopUtilization()
    this.#utilization = Number(performance.eventLoopUtilization(used, this.#used).utilization.toFixed(3))
    this.#used = used
    this.#delay = Math.round(this.#latest)
    this.#latest = 0
    const stall = this.#stall
    this.#stall = undefined
    return { ...this.last, ...(stall !== undefined && { stall }) }
  }

  #late (): number {
    return performance.now() - this.#lookedAt - LOOK
  }

  #look (): void {
    const late = this.#late()
    this.#lookedAt = performance.now()
    if (late > this.#latest) this.#latest = late
    const { longest, settled } = this.#parts.handlers.take()
    const duration = Math.max(late, longest?.took ?? 0)
    if (duration < this.#stallAfter || this.#parts.debugged()) return
    // Several short handlers in a row also make a stall, for which none of them is to blame.
    const route = longest !== undefined && longest.took >= duration / 2 ? longest.name : undefined
    this.#stalled(Math.round(duration), route, settled)
  }

  #stalled (duration: number, route: string | undefined, settled: readonly string[]): void {
    this.#stalls++
    if (duration > (this.#stall?.duration ?? 0)) this.#stall = { duration, ...(route === undefined ? { requests: this.#suspects(settled) } : { route }) }
    this.#parts.handlers.watch()
  }

  /** A handler that completed right after the block may be the one that was blocking. */
  #suspects (settled: readonly string[]): string[] {
    const { suspects, handlers } = this.#parts
    const names = new Set(settled)
    for (const request of suspects()) names.add(handlers.nameOf(request))
    return [...names].slice(0, MOST_SUSPECTS)
  }
}
