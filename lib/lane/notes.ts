import { isLeft, isNote } from '../protocol.js'

// The texts that travel with connections: a note for the next worker, and in a return the time that the
// connection may stay idle. They are JSON, with the connections of a frame in their order. To a worker, no
// text at all means no notes, which is the usual case.

export function packNotes (connections: ReadonlyArray<{ note: string }>): string {
  return connections.every(({ note }) => note === '') ? '' : JSON.stringify(connections.map(({ note }) => note))
}

export function unpackNotes (text: string): (place: number) => string {
  if (text === '') return () => ''
  const notes = JSON.parse(text) as string[]
  return place => notes[place] ?? ''
}

export interface ReturnNote { left: number, note: string }

export function packReturns (returns: readonly ReturnNote[]): string {
  return JSON.stringify(returns.map(({ left, note }) => [Math.ceil(left), note]))
}

/** Undefined if the text is not what {@link packReturns} has made for this many connections: a worker may send anything. */
export function unpackReturns (text: string, count: number): ReturnNote[] | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(parsed) || parsed.length !== count) return undefined
  const returns = parsed.map((entry: unknown) => Array.isArray(entry) && isLeft(entry[0]) && isNote(entry[1]) ? { left: entry[0], note: entry[1] } : undefined)
  return returns.every(entry => entry !== undefined) ? returns : undefined
}
