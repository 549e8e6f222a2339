import type { ServerResponse } from 'node:http'
import type { SharedPortEvents, Status } from '../../types/index.js'
import type { Operable } from './operable.js'

/** Something that happened, as it is told: an error by its message, and how far a reload is. */
export interface Happened { time: number, event: keyof SharedPortEvents, reload: Status['reload'], [field: string]: unknown }

export const EVENTS = ['worker-start', 'worker-ready', 'worker-exit', 'reload-start', 'reload-end', 'reload-aborted', 'overloaded', 'stalled'] as const satisfies Array<keyof SharedPortEvents>

/** Calls `listener` with whatever happens; returns what ends that. */
export function onHappened ({ events, status }: Pick<Operable, 'events' | 'status'>, listener: (happened: Happened) => void): () => void {
  const ends = EVENTS.map(event => {
    const onEvent = ({ error, ...fields }: { error?: Error }): void => {
      listener({ time: Date.now(), event, ...fields, ...(error !== undefined && { error: explain(error) }), reload: status().reload })
    }
    events.on(event, onEvent as never)
    return () => { events.off(event, onEvent as never) }
  })
  return () => { for (const end of ends) end() }
}

/** Characters of an error: the last events are all kept, and each follower is told all of them. */
const LONGEST_ERROR = 1_000

/** With what caused it. */
export function explain (err: Error): string {
  const messages = []
  let length = 0
  for (let cause: unknown = err; cause instanceof Error && length <= LONGEST_ERROR; cause = cause.cause) {
    messages.push(cause.message)
    length += cause.message.length
  }
  const text = messages.join(': ')
  return text.length <= LONGEST_ERROR ? text : `${text.slice(0, LONGEST_ERROR - 3)}...`
}

/** Bytes that may wait for a page that does not read: more than the longest history has. */
export const MOST_UNREAD = 2 * 1024 * 1024

/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html. A client that does not read is cut off. */
export class EventStream {
  readonly #response: ServerResponse

  constructor (response: ServerResponse) {
    this.#response = response
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
  }

  static spell (event: string, data: object): string {
    return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
  }

  send (event: string, data: object): void {
    this.write(EventStream.spell(event, data))
  }

  /** What {@link EventStream.spell} gave: for many clients once. */
  write (message: string): void {
    this.#response.write(message)
    if (this.#response.writableLength > MOST_UNREAD) this.#response.destroy()
  }

  end (): void {
    this.#response.destroy()
  }
}
