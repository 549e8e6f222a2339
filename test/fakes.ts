import { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { Test } from 'tap'
import type { RawHandle, SocketName } from '../lib/platform/node-internals.js'
import type { Ack, Connection, Frame, Wire } from '../lib/lane.js'
import type { Clock } from '../lib/platform/clock.js'
import type { Child, Ending } from '../lib/primary/workers/fork.js'
import { WorkerHandle } from '../lib/primary/workers/worker-handle.js'
import type { Channel } from '../lib/protocol.js'
import type { Line } from './helper.js'

/** A clock that is advanced by hand. */
export class FakeClock implements Clock {
  #now = 0
  readonly #timers = new Set<{ at: number, run: () => void }>()

  /** Milliseconds until each timer fires, the next one first. */
  get waiting (): number[] {
    return [...this.#timers].map(({ at }) => at - this.#now).sort((a, b) => a - b)
  }

  now (): number {
    return this.#now
  }

  after (delay: number, run: () => void): () => void {
    const timer = { at: this.#now + delay, run }
    this.#timers.add(timer)
    return () => { this.#timers.delete(timer) }
  }

  /** Acts as if this process had not run for a while: timers that are due by then fire late. */
  jump (time: number): void {
    this.#now += time
    this.advance(0)
  }

  advance (time: number): void {
    const end = this.#now + time
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (next === undefined) break
      this.#now = Math.max(this.#now, next.at)
      this.#timers.delete(next)
      next.run()
    }
    this.#now = end
  }
}

/** A message sent over a channel, and its callback. */
export interface Sent { message: Record<string, unknown>, handle: unknown, done: (err: Error | null) => void }

/** An IPC channel without a process: messages are collected in `sent`, and `deliver` delivers one. */
export class FakeChannel implements Channel {
  readonly sent: Sent[] = []
  readonly #events = new EventEmitter()

  send: Channel['send'] = (message, handle, options, done) => {
    this.sent.push({ message: message as Record<string, unknown>, handle, done })
    return true
  }

  on (event: 'internalMessage', listener: (message: unknown, handle: unknown) => void): void {
    this.#events.on(event, listener)
  }

  off (event: 'internalMessage', listener: (message: unknown, handle: unknown) => void): void {
    this.#events.off(event, listener)
  }

  get listeners (): number {
    return this.#events.listenerCount('internalMessage')
  }

  deliver (message: unknown, handle?: unknown): void {
    this.#events.emit('internalMessage', message, handle)
  }

  /** Closes the channel, as Node does. */
  close (): void {
    this.send = undefined
  }
}

/** A worker's process that does nothing, and records the signals that it gets. */
export class FakeChild implements Child {
  readonly channel = new FakeChannel()
  readonly signals: NodeJS.Signals[] = []
  exit: (ending: Ending) => void = () => {}
  disconnect: () => void = () => {}
  broken: (err: Error) => void = () => {}

  constructor (readonly id: number, readonly pid: number | undefined = 1000 + id) {}

  kill (signal: NodeJS.Signals): void {
    this.signals.push(signal)
  }

  listening (): void {}

  onExit (listener: (ending: Ending) => void): void {
    this.exit = listener
  }

  onDisconnect (listener: () => void): void {
    this.disconnect = listener
  }

  onBroken (listener: (err: Error) => void): void {
    this.broken = listener
  }
}

/** A wire without a worker: frames are collected in `frames`. */
export class FakeWire implements Wire {
  readonly inherited = []
  readonly frames: Frame[] = []
  /** The number of open connections that the worker shows. */
  shown: number | undefined
  /** Whether the next send succeeds. */
  works = true
  closed = 0
  /** Whether the worker has received the last frame. */
  received = false
  /** The places of the connections that the worker has taken of its open frame. */
  taken: number[] = []
  /** How many connections it was invited to return, each time. */
  readonly invited: number[] = []

  get last (): Frame {
    return this.frames.at(-1) as Frame
  }

  start (): void {}

  takeBack (): boolean {
    return !this.received
  }

  send (frame: Frame): boolean {
    if (this.works) this.frames.push(frame)
    return this.works
  }

  open (): number | undefined {
    return this.shown
  }

  readReturns (): void {}

  invite (count: number): void {
    this.invited.push(count)
  }

  untaken ({ connections }: Frame): readonly Connection[] {
    return connections.filter((_, place) => !this.taken.includes(place))
  }

  close (): void {
    this.closed++
  }
}

/** A real WorkerHandle with a fake process and a fake wire. */
export class FakeWorker extends WorkerHandle {
  readonly child: FakeChild
  readonly wire: FakeWire

  constructor (id: number, generation = 0) {
    const child = new FakeChild(id)
    const wire = new FakeWire()
    super(generation, child, wire)
    this.child = child
    this.wire = wire
  }

  /** The names of the connections in every frame that it was sent. */
  get dealt (): string[][] {
    return this.wire.frames.map(({ connections }) => connections.map(String))
  }

  ack (refused: number[] = []): Ack {
    return { number: this.wire.last.number, refused, leaving: false }
  }
}

/** A connection that records what is done to it. */
export class FakeConnection implements Connection {
  acceptedAt = 0
  note = ''
  closed = 0
  /** How often end() was called. */
  ended = 0
  /** The answers that it was shed with. */
  readonly sheds: Buffer[] = []
  resets = 0

  /** @param client its address; undefined for a Unix socket */
  constructor (readonly name: string, readonly client: string | undefined = '192.0.2.1') {}

  close (): void {
    this.closed++
  }

  end (): void {
    this.ended++
    this.close()
  }

  shed (answer: Buffer): void {
    this.sheds.push(answer)
  }

  reset (): void {
    this.resets++
  }

  address (): string | undefined {
    return this.client
  }

  toString (): string {
    return this.name
  }
}

export function connections (names: string): FakeConnection[] {
  return names.split(' ').map(name => new FakeConnection(name))
}

/** A handle that records what is done to it. */
export class FakeHandle implements RawHandle {
  readonly fd = -1
  onconnection: RawHandle['onconnection'] = null
  closed = 0
  backlog: number | undefined
  /** The result of listen(). */
  status = 0

  constructor (readonly address?: string) {}

  listen (backlog: number): number {
    this.backlog = backlog
    return this.status
  }

  getpeername (out: Partial<SocketName>): number {
    if (this.address !== undefined) out.address = this.address
    return 0
  }

  open (): number {
    return 0
  }

  close (): void {
    this.closed++
  }

  ref (): void {}
  unref (): void {}
}

/** A logger whose lines can be read. */
export function createLog (): { log: pino.Logger, lines: Line[] } {
  const lines: Line[] = []
  return { lines, log: pino({ level: 'trace' }, { write (line) { lines.push(JSON.parse(line) as Line) } }) }
}

/**
 * Pseudo-random numbers from 0 to 1, reproducible by seed: mulberry32,
 * https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
 */
export function createRandom (seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6D2B79F5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A temporary folder with a path that is short enough for a Unix socket (sun_path has 108 bytes). */
export function shortFolder (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'sf-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  return folder
}
