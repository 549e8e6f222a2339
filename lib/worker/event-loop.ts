import type { IncomingMessage } from 'node:http'
import { MOST_SUSPECTS, type Stall } from '../protocol.js'
import { LOOK } from '../platform/timing.js'
import type { Handlers } from './handlers.js'

/** What the event loop did in the last second. */
export interface LastSecond {
  /** The share of the time in which it was busy, 0 to 1. */
  utilization: number
  /** Milliseconds that it was late, at the most. */
  delay: number
  /** How often it has stood still so far. */
  stalls: number
  /** The longest of the second. */
  stall?: Stall
}

export interface EventLoopParts {
  handlers: Pick<Handlers, 'watch' | 'take' | 'nameOf'>
  /** What this process may just have been busy with, the likeliest first. */
  suspects (): Iterable<IncomingMessage>
  /** Whether a debugger may hold this process. */
  debugged (): boolean
}

/**
 * Knows what this process's event loop does, by a timer that comes late when something blocks. Not by
 * Node's monitorEventLoopDelay(): after each reset() that misses a block which begins before its own
 * next turn, and who was served is known only as long as nothing else has happened since.
 */
export class EventLoop {
  readonly #parts: EventLoopParts
  #stallAfter = Infinity
  #timer: NodeJS.Timeout | undefined
  #lookedAt = 0
  #used = performance.eventLoopUtilization()
  #utilization = 0
  /** Of the second that is read next, the stall too. */
  #latest = 0
  #delay = 0
  #stalls = 0
  #stall: Stall | undefined

  constructor (parts: EventLoopParts) {
    this.#parts = parts
  }

  /** There are connections to come. Until then it loads the app, and blocks as it likes. */
  begin (stallAfter: number): void {
    this.#stallAfter = stallAfter
    if (this.#timer !== undefined) return
    this.#lookedAt = performance.now()
    this.#used = performance.eventLoopUtilization()
    this.#timer = setInterval(() => { this.#look() }, LOOK).unref()
  }

  /** What was read last; a stall is told once. */
  get last (): LastSecond {
    return { utilization: this.#utilization, delay: this.#delay, stalls: this.#stalls }
  }

  /** What it has done since the last time; nothing before it has begun. */
  read (): LastSecond {
    if (this.#timer === undefined) return this.last
    if (this.#late() > 0) this.#look() // what blocked until now belongs to this second
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
    // Several shorter ones in a row make a stall too, which is none of theirs alone.
    const route = longest !== undefined && longest.took >= duration / 2 ? longest.name : undefined
    this.#stalled(Math.round(duration), route, settled)
  }

  #stalled (duration: number, route: string | undefined, settled: readonly string[]): void {
    this.#stalls++
    if (duration > (this.#stall?.duration ?? 0)) this.#stall = { duration, ...(route === undefined ? { requests: this.#suspects(settled) } : { route }) }
    this.#parts.handlers.watch()
  }

  /** What came to its end after the block is what may have been blocking before it. */
  #suspects (settled: readonly string[]): string[] {
    const { suspects, handlers } = this.#parts
    const names = new Set(settled)
    for (const request of suspects()) names.add(handlers.nameOf(request))
    return [...names].slice(0, MOST_SUSPECTS)
  }
}
