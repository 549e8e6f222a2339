import { EventEmitter, once } from 'node:events'
import { readdirSync } from 'node:fs'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { bindPath, bindTcp, type RawHandle, type SocketName } from '../../lib/platform/node-internals.js'
import { shortFolder } from '../fakes.js'

/** Milliseconds for the descriptors to become as many as a test expects: a guard, so that it fails with what they are. */
const PATIENCE = 30_000

export const KINDS = ['TCP', 'Unix'] as const

/** A bound handle, and how to connect to it. */
export function bind (t: Test, kind: typeof KINDS[number]): { bound: RawHandle, to: net.NetConnectOpts } {
  if (kind === 'Unix') {
    const path = `${shortFolder(t)}/socket`
    return { bound: bindPath(path) as RawHandle, to: { path } }
  }
  const bound = bindTcp('127.0.0.1', 0) as RawHandle
  const name = {} as SocketName
  bound.getsockname?.(name)
  return { bound, to: { host: name.address, port: name.port } }
}

/** What comes one by one, for one who waits for it. */
export class Arrivals<T> {
  readonly #items: T[] = []
  readonly #events = new EventEmitter()

  put (...items: T[]): void {
    this.#items.push(...items)
    this.#events.emit('change')
  }

  async next (): Promise<T> {
    while (this.#items.length === 0) await once(this.#events, 'change')
    return this.#items.shift() as T
  }
}

/** A client that keeps what it got, and how it ended: 'end' where it was told so, or the error's code. */
export class Client {
  readonly socket: net.Socket
  readonly closed: Promise<string>
  text = ''

  /** @param stays whether it leaves its half open when the server ends */
  constructor (t: Test, to: net.NetConnectOpts, { stays = false } = {}) {
    this.socket = net.connect({ ...to, allowHalfOpen: stays })
    let code = 'end'
    this.socket.setEncoding('latin1')
    this.socket.on('data', chunk => { this.text += String(chunk) })
    this.socket.once('error', (err: NodeJS.ErrnoException) => { code = err.code as string })
    this.closed = new Promise(resolve => { this.socket.once('close', () => { resolve(code) }) })
    t.teardown(() => { this.socket.destroy() })
  }

  async ended (): Promise<void> {
    if (!this.socket.readableEnded) await once(this.socket, 'end')
  }

  /** Sends without end, as fast as it can or a little at a time, until it is cut. */
  floods (chunk: Buffer, pause = 0): void {
    const more = (): void => {
      if (this.socket.destroyed) return
      this.socket.write(chunk, () => { pause === 0 ? setImmediate(more) : setTimeout(more, pause) })
    }
    more()
  }
}

export function openDescriptors (): number {
  return readdirSync('/proc/self/fd').length
}

/** How many there are as soon as they are as many as expected, or when they do not become so. */
export async function descriptorsLike (expected: number): Promise<number> {
  const deadline = performance.now() + PATIENCE
  while (openDescriptors() !== expected && performance.now() < deadline) await delay(1)
  return openDescriptors()
}
