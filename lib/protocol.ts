import type { SendHandle } from 'node:child_process'
import type { HandshakeStats, Stats } from '../types/index.js'
import type { ErrorNotice } from './error-notice.js'
import { type Buckets, REQUEST_BOUNDS } from './histogram.js'
import type { SocketName } from './platform/node-internals.js'
import { LONGEST_DELAY } from './platform/timing.js'

// The messages between primary and workers on Node's IPC channel. `cmd` begins with NODE_, so that Node emits
// them as 'internalMessage', and the app's 'message' listeners never see them
// (https://nodejs.org/docs/latest/api/child_process.html#subprocesssendmessage-sendhandle-options-callback).
const CMD = 'NODE_SHARED_FASTIFY'

/** A period in which a worker's event loop was blocked, in milliseconds, and its cause as far as it is known. */
export interface Stall {
  duration: number
  /** The handler that was running. */
  route?: string
  /** If the handler is unknown: the requests that may have been running. */
  requests?: string[]
}

/** The most requests that a stall names as possible causes. */
export const MOST_SUSPECTS = 5

/** The most characters of a route or a request: enough to recognize it. */
export const LONGEST_NAME = 200

/** A worker's activity: some fields for the last second, others since it started. */
export interface Pulse {
  requests: number
  rss: number
  debugged: boolean
  utilization: number
  delay: number
  stalls: number
  /** The longest stall of the last second. */
  stall?: Stall
  handshakes: HandshakeStats
  /** The durations of requests in seconds, if they are measured. */
  durations?: Buckets
}

/** Why a worker returns a connection: it drains; the connection has been idle; a request waits there while the worker is blocked. */
export const REASONS = ['drain', 'time', 'rescue'] as const
export type ReturnReason = typeof REASONS[number]

/** The most characters of the note that travels with a connection. */
export const MOST_NOTE = 100

/** Printable ASCII that JSON does not escape, so that the notes of a whole frame have a known size (native/frame.h). */
const NOTE = /^[ !#-[\]-~]*$/

export type ToPrimary =
  /** The worker wants to serve this key. */
  | { type: 'attach', key: string }
  /**
   * The worker's server for this key listens: connections may be sent. `plain`: whether it speaks
   * unencrypted HTTP/1.
   */
  | { type: 'listening', key: string, plain: boolean }
  /** The worker wants no more connections for this key, or for any key if there is none. */
  | { type: 'leave', key?: string }
  /** The worker's server for this key is closed, and so are all its connections. */
  | { type: 'closed', key: string }
  /** The number of connections that the worker has open, and the number that it has ever taken. */
  | { type: 'open', count: number, taken: number }
  /** Sent every second while the event loop is not blocked. */
  | { type: 'pulse' } & Pulse
  /** The app is ready, and its readyCheck has begun. */
  | { type: 'checking' }
  /** The worker's inspector is open; without a URL, it will be opened when its port is free. */
  | { type: 'inspecting', url?: string }
  | { type: 'stats', id: number }
  /**
   * The metrics of the worker's app, packed as text; undefined if it has none. Without an `id`, these are
   * the last ones, sent at the end.
   */
  | { type: 'metrics', id?: number, metrics?: string }
  /** The worker is about to exit because of this error, unless a handler of the app keeps it alive. */
  | { type: 'failed', error: ErrorNotice }
  /** The worker has survived the error that it reported. */
  | { type: 'survived' }
  /**
   * The ipc lane's return of a connection, which is the message's handle: the time that it may stay idle,
   * and a note for its next worker.
   */
  | { type: 'return', number: number, key: string, reason: ReturnReason, left: number, note: string }
  /** The answer to `handoff` in the ipc lane. */
  | { type: 'ack', number: number, accepted: boolean, leaving: boolean }

export type ToWorker =
  | { type: 'attached', key: string, names: Array<SocketName | string>, ticketKeys: readonly string[], logLevel?: string | undefined, measured: boolean }
  /** The primary could not bind this key. */
  | { type: 'attach-failed', key: string, error: ErrorNotice }
  /** No more connections will be sent for this key. */
  | { type: 'left', key: string }
  /**
   * Tells the worker to close this key's server; without a key, to close all servers and exit. No more
   * connections will be sent. `hasty`: the code is out of date. `prompt`: no other worker goes on serving.
   * May be sent again.
   */
  | { type: 'drain', key?: string, grace: number, hasty?: boolean, prompt?: boolean }
  /** The current key for TLS session tickets, and the former one. */
  | { type: 'ticket-keys', ticketKeys: readonly string[] }
  /** Sets the log level. Until it is sent, each logger has a level of its own. */
  | { type: 'log-level', level: string }
  /** A stop has begun. Connections may still be sent for a while. */
  | { type: 'stopping' }
  | { type: 'stats', id: number, stats: Stats }
  /** Asks for the metrics of the worker's app. */
  | { type: 'metrics', id: number }
  /** The frame of the ipc lane. The connection is the message's handle. `head`: what has been read from it, as base64. */
  | { type: 'handoff', number: number, key: string, note?: string, head?: string }
  /** The answer to `return` in the ipc lane. If the connection was not kept, it stays the worker's. */
  | { type: 'returned', number: number, kept: boolean }
  /** Whether connections may be returned. Until it is sent, they may. */
  | { type: 'returns', allowed: boolean }
  /** Another worker has joined. Return what is idle at once, so that the new worker has its share. */
  | { type: 'share' }

/** The ipc lane's handover of a connection from a primary to its successor. The connection is the message's handle. */
export interface HandedMessage { type: 'handed', key: string, as: 'pending' | 'held', left: number, note: string, head?: string }

/** Every message has a type. */
interface Message { type: string }

/** The object that sends messages: `process` in a worker, a child process in the primary. */
export interface Channel {
  send? (message: unknown, handle: SendHandle | undefined, options: { swallowErrors: boolean }, done: (err: Error | null) => void): boolean
  on (event: 'internalMessage', listener: (message: unknown, handle: unknown) => void): unknown
  off (event: 'internalMessage', listener: (message: unknown, handle: unknown) => void): unknown
}

/**
 * Sends a message, optionally with a handle. `done` gets the error if the channel is closed or breaks, which
 * is an ordinary event: either process may end at any time.
 */
export function post<M extends Message = ToPrimary | ToWorker> (channel: Channel, message: M, handle?: object, done: (err: Error | null) => void = ignore): void {
  if (channel.send === undefined) {
    process.nextTick(done, new Error('the IPC channel is closed'))
    return
  }
  channel.send({ cmd: CMD, ...message }, handle as SendHandle | undefined, { swallowErrors: false }, done)
}

/**
 * Calls `listener` for each message of this package, and ignores others. If the handle of a message did not
 * arrive, because this process has no descriptor left, the message comes without one.
 */
export function receive<M extends Message> (channel: Channel, listener: (message: M, handle: unknown) => void): () => void {
  const onMessage = (message: unknown, handle: unknown): void => {
    if (isOurs(message)) listener(message as unknown as M, handle)
    else if (handle == null && isEnvelope(message) && isOurs(message.msg)) listener(message.msg as unknown as M, undefined)
  }
  channel.on('internalMessage', onMessage)
  return () => { channel.off('internalMessage', onMessage) }
}

/** The most characters of a key. A path has no more (PATH_MAX); keys are kept in memory, and logged. */
const LONGEST_KEY = 4_096

/** More connections than any process can have. Bounded because the primary adds these numbers up. */
const MOST_OPEN = 2 ** 32

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0
const isOpen = (value: unknown): boolean => isCount(value) && (value as number) <= MOST_OPEN
const isText = (value: unknown): boolean => typeof value === 'string'
const isShare = (value: unknown): boolean => typeof value === 'number' && value >= 0 && value <= 1
const isName = (value: unknown): boolean => isText(value) && (value as string).length <= LONGEST_NAME
const isKey = (value: unknown): boolean => isText(value) && (value as string).length <= LONGEST_KEY
const isReason = (value: unknown): boolean => REASONS.includes(value as ReturnReason)
export const isLeft = (value: unknown): value is number => isCount(value) && (value as number) <= LONGEST_DELAY
export const isNote = (value: unknown): value is string => typeof value === 'string' && value.length <= MOST_NOTE && NOTE.test(value)
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
  failed: {}, // always accepted: unreadable parts are dropped later (error-notice.ts)
  ack: { number: isCount, accepted: isFlag, leaving: isFlag },
  return: { number: isCount, key: isKey, reason: isReason, left: isLeft, note: isNote }
}

/** Whether the message is valid. A worker may send anything. */
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

// How Node wraps a message with a handle. Node unwraps it and emits it again. But if the handle is missing
// (null here), Node answers with a NODE_HANDLE_NACK and drops the message (setupChannel in
// lib/internal/child_process.js).
function isEnvelope (message: unknown): message is { cmd: 'NODE_HANDLE', msg: unknown } {
  return typeof message === 'object' && message !== null && (message as { cmd?: unknown }).cmd === 'NODE_HANDLE'
}

function ignore (): void {}
