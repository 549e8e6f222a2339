import type { ServerResponse } from 'node:http'
import type { SharedPortEvents, Status } from '../../types/index.js'
import type { Operable } from './operable.js'

/**
 * An event as it is sent to followers. An error is reduced to its message; `reload` is the progress of the
 * current reload.
 */
export interface Happened { time: number, event: keyof SharedPortEvents, reload: Status['reload'], [field: string]: unknown }

export const EVENTS = ['worker-start', 'worker-ready', 'worker-exit', 'reload-start', 'reload-end', 'reload-aborted', 'upgrade-start', 'upgraded', 'upgrade-aborted', 'overloaded', 'stalled'] as const satisfies Array<keyof SharedPortEvents>

/** Calls `listener` for every event. The returned function ends that. */
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

/** The longest error message in characters. The last events are kept in memory, and sent to every follower. */
const LONGEST_ERROR = 1_000

/** The message of an error and its causes. */
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

/** The most bytes that may be queued for a client that does not read. More than the longest history has. */
export const MOST_UNREAD = 2 * 1024 * 1024

/**
 * A stream of server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html. The
 * connection of a client that does not read is closed.
 */
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

  /** Writes a message made by {@link EventStream.spell}, so that it is serialized once for many clients. */
  write (message: string): void {
    this.#response.write(message)
    if (this.#response.writableLength > MOST_UNREAD) this.#response.destroy()
  }

  end (): void {
    this.#response.destroy()
  }
}
