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

/** With what caused it. */
export function explain ({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${explain(cause)}` : message
}

/** Bytes that may wait for a page that does not read: more than the longest history has. */
const MOST_UNREAD = 1024 * 1024

/** Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html. A client that does not read is cut off. */
export class EventStream {
  readonly #response: ServerResponse

  constructor (response: ServerResponse) {
    this.#response = response
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
  }

  send (event: string, data: unknown): void {
    this.#response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    if (this.#response.writableLength > MOST_UNREAD) this.#response.destroy()
  }
}
