import type { ServerResponse } from 'node:http'
import { EventStream, onHappened } from './events.js'
import { type History, INTERVAL } from './history.js'
import type { Operable } from './operable.js'

/** The most followers at a time. Each gets a message every second, from the process that also hands off connections. */
const MOST_FOLLOWERS = 64

/**
 * The clients that follow the status and the events. If there are too many, the one that has been connected
 * for the longest time is disconnected.
 */
export class Followers {
  readonly #primary: Operable
  readonly #history: () => History
  readonly #steerable: boolean
  readonly #streams = new Set<EventStream>()
  #ends: Array<() => void> = []

  constructor (primary: Operable, history: () => History, steerable: boolean) {
    this.#primary = primary
    this.#history = history
    this.#steerable = steerable
  }

  add (response: ServerResponse): void {
    const [oldest] = this.#streams
    if (oldest !== undefined && this.#streams.size >= MOST_FOLLOWERS) this.#remove(oldest)
    const stream = new EventStream(response)
    if (this.#streams.size === 0) this.#follow()
    this.#streams.add(stream)
    response.once('close', () => { this.#remove(stream) })
    const { samples, happened } = this.#history()
    stream.send('history', { interval: INTERVAL, samples, happened })
    stream.send('status', { ...this.#primary.status(), steerable: this.#steerable, sample: samples.at(-1) ?? null })
  }

  #remove (stream: EventStream): void {
    stream.end()
    if (!this.#streams.delete(stream) || this.#streams.size > 0) return
    for (const end of this.#ends.splice(0)) end()
  }

  #follow (): void {
    this.#ends = [
      this.#history().watch((sample, seen) => { this.#tell('status', { ...seen, steerable: this.#steerable, sample }) }),
      onHappened(this.#primary, happened => { this.#tell('happened', happened) })
    ]
  }

  #tell (event: string, data: object): void {
    const message = EventStream.spell(event, data)
    for (const stream of this.#streams) stream.write(message)
  }
}
