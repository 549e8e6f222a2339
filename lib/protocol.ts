import type { SendHandle } from 'node:child_process'
import type { HandshakeStats, Stats } from '../types/index.js'
import type { ErrorNotice } from './error-notice.js'
import { type Buckets, REQUEST_BOUNDS } from './histogram.js'
import type { SocketName } from './platform/node-internals.js'

// What primary and worker tell each other over Node's IPC channel. `cmd` begins with NODE_, so that
// Node delivers a message as 'internalMessage': the app's own 'message' listeners never see ours
// (https://nodejs.org/docs/latest/api/child_process.html#subprocesssendmessage-sendhandle-options-callback).
const CMD = 'NODE_SHARED_FASTIFY'

/** That a worker's event loop stood still for so many milliseconds, and what for, as far as that is known. */
export interface Stall {
  duration: number
  /** The handler that was running. */
  route?: string
  /** Where that is not known: what may have been running. */
  requests?: string[]
}

/** How many requests a stall names that it may have been in: more would be no help. */
export const MOST_SUSPECTS = 5

/** Characters of a route or a request: enough to know it by. */
export const LONGEST_NAME = 200

/** What a worker's event loop did in the last second, and what it has done since it started. */
export interface Pulse {
  requests: number
  rss: number
  debugged: boolean
  utilization: number
  delay: number
  stalls: number
  /** The longest of that second. */
  stall?: Stall
  handshakes: HandshakeStats
  /** Seconds that requests took, where that is measured. */
  durations?: Buckets
}

export type ToPrimary =
  /** I want to serve this key. */
  | { type: 'attach', key: string }
  /** My server for this key is up: connections may come. Whether it speaks HTTP/1 in plain. */
  | { type: 'listening', key: string, plain: boolean }
  /** Send nothing more for this key; without one, for any. */
  | { type: 'leave', key?: string }
  /** My server for this key is closed, its last connection included. */
  | { type: 'closed', key: string }
  /** How many connections I have open, and how many I have ever taken. */
  | { type: 'open', count: number, taken: number }
  /** My event loop turns: once a second. */
  | { type: 'pulse' } & Pulse
  /** My app is ready, and its readyCheck has begun. */
  | { type: 'checking' }
  /** My inspector is open, or will be when its port is free. */
  | { type: 'inspecting', url?: string }
  | { type: 'stats', id: number }
  /** What the app's own metrics are, as text that is packed; nothing where it has none. Without a question's number: the last ones. */
  | { type: 'metrics', id?: number, metrics?: string }
  /** I am about to die of this, unless a handler of my app's keeps me alive. */
  | { type: 'failed', error: ErrorNotice }
  /** I have not died of that. */
  | { type: 'survived' }
  /** The ipc lane's answer to `handoff`. */
  | { type: 'ack', number: number, accepted: boolean, leaving: boolean }

export type ToWorker =
  | { type: 'attached', key: string, names: Array<SocketName | string>, ticketKeys: readonly string[], logLevel?: string | undefined, measured: boolean }
  /** The primary could not bind this key. */
  | { type: 'attach-failed', key: string, error: ErrorNotice }
  /** Nothing more will come for this key. */
  | { type: 'left', key: string }
  /** Close this key's server; without one, all of them, and exit. Nothing more will come. In haste, where the code is out of date; promptly, where nobody serves on. May come again. */
  | { type: 'drain', key?: string, grace: number, hasty?: boolean, prompt?: boolean }
  /** There is a new key for TLS session tickets: it, and the former one. */
  | { type: 'ticket-keys', ticketKeys: readonly string[] }
  /** From now on so much is logged; where it was never changed, each logger has its own level. */
  | { type: 'log-level', level: string }
  /** A stop has begun, in which there is more to come for a while. */
  | { type: 'stopping' }
  | { type: 'stats', id: number, stats: Stats }
  /** Tell me the app's own metrics. */
  | { type: 'metrics', id: number }
  /** The ipc lane's frame: the connection comes as the message's handle. */
  | { type: 'handoff', number: number, key: string }

/** What a message can be sent over: `process` in a worker, a child process in the primary. */
export interface Channel {
  send? (message: unknown, handle: SendHandle | undefined, options: { swallowErrors: boolean }, done: (err: Error | null) => void): boolean
  on (event: 'internalMessage', listener: (message: unknown, handle: unknown) => void): unknown
  off (event: 'internalMessage', listener: (message: unknown, handle: unknown) => void): unknown
}

/**
 * Sends a message, with a handle or without. `done` gets the error where the channel is gone or
 * breaks: an ordinary event, since either process may end at any time.
 */
export function post (channel: Channel, message: ToPrimary | ToWorker, handle?: object, done: (err: Error | null) => void = ignore): void {
  if (channel.send === undefined) {
    process.nextTick(done, new Error('the IPC channel is closed'))
    return
  }
  channel.send({ cmd: CMD, ...message }, handle as SendHandle | undefined, { swallowErrors: false }, done)
}

/**
 * Calls `listener` for each message of ours; foreign ones are none of our business. A message whose
 * handle did not arrive (this process has no descriptor left for it) comes without one.
 */
export function receive<M extends ToPrimary | ToWorker> (channel: Channel, listener: (message: M, handle: unknown) => void): () => void {
  const onMessage = (message: unknown, handle: unknown): void => {
    if (isOurs(message)) listener(message as unknown as M, handle)
    else if (handle == null && isEnvelope(message) && isOurs(message.msg)) listener(message.msg as unknown as M, undefined)
  }
  channel.on('internalMessage', onMessage)
  return () => { channel.off('internalMessage', onMessage) }
}

/** Characters of a key: a path has no more (PATH_MAX), and keys are kept, and logged. */
const LONGEST_KEY = 4_096

/** More connections than any process has: what a worker says is a load, and loads are added up. */
const MOST_OPEN = 2 ** 32

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isOpen = (value: unknown): boolean => isCount(value) && (value as number) <= MOST_OPEN
const isText = (value: unknown): boolean => typeof value === 'string'
const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1
const isName = (value: unknown): boolean => isText(value) && (value as string).length <= LONGEST_NAME
const isKey = (value: unknown): boolean => isText(value) && (value as string).length <= LONGEST_KEY
const isFlag = (value: unknown): boolean => typeof value === 'boolean'

const fields: { [T in ToPrimary['type']]: Record<string, (value: unknown) => boolean> } = {
  attach: { key: isKey },
  listening: { key: isKey, plain: isFlag },
  leave: { key: value => value === undefined || isKey(value) },
  closed: { key: isKey },
  open: { count: isOpen, taken: isCount },
  pulse: { requests: isCount, rss: isCount, debugged: isFlag, utilization: isShare, delay: isCount, stalls: isCount, stall: isStall, handshakes: isHandshakes, durations: isBuckets },
  metrics: { id: value => value === undefined || isCount(value), metrics: value => value === undefined || isText(value) },
  checking: {},
  inspecting: { url: value => value === undefined || isName(value) },
  stats: { id: isCount },
  survived: {},
  failed: {}, // an error is worth no death: what cannot be read of it is left out (error-notice.ts)
  ack: { number: isCount, accepted: isFlag, leaving: isFlag }
}

/** Whether it is what it says it is. A worker may send anything. */
export function isToPrimary (message: { type: string }): message is ToPrimary {
  if (!Object.hasOwn(fields, message.type)) return false
  return Object.entries(fields[message.type as ToPrimary['type']]).every(([name, is]) => is((message as Record<string, unknown>)[name]))
}

function isStall (value: unknown): boolean {
  if (value === undefined) return true
  if (typeof value !== 'object' || value === null) return false
  const { duration, route, requests } = value as Record<string, unknown>
  return isCount(duration) && (route === undefined || isName(route)) &&
    (requests === undefined || (Array.isArray(requests) && requests.length <= MOST_SUSPECTS && requests.every(isName)))
}

function isHandshakes (value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { full, resumed } = value as Record<string, unknown>
  return isCount(full) && isCount(resumed)
}

function isBuckets (value: unknown): boolean {
  if (value === undefined) return true
  if (typeof value !== 'object' || value === null) return false
  const { counts, sum } = value as Record<string, unknown>
  return Array.isArray(counts) && counts.length === REQUEST_BOUNDS.length + 1 && counts.every(isCount) && Number.isFinite(sum) && (sum as number) >= 0
}

export function isOurs (message: unknown): message is { cmd: typeof CMD, type: string } {
  return typeof message === 'object' && message !== null &&
    (message as { cmd?: unknown }).cmd === CMD && typeof (message as { type?: unknown }).type === 'string'
}

// How Node wraps a message with a handle. It unwraps and emits it again, unless the handle is missing,
// null here: then it answers with a NODE_HANDLE_NACK and drops the message (setupChannel in lib/internal/child_process.js).
function isEnvelope (message: unknown): message is { cmd: 'NODE_HANDLE', msg: unknown } {
  return typeof message === 'object' && message !== null && (message as { cmd?: unknown }).cmd === 'NODE_HANDLE'
}

function ignore (): void {}
