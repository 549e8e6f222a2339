import { EventEmitter, once } from 'node:events'
import { readdirSync } from 'node:fs'
import net from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { bindPath, bindTcp, type RawHandle, type SocketName } from '../../lib/platform/node-internals.js'
import { shortFolder } from '../fakes.js'

/**
 * Milliseconds to wait for the expected number of descriptors. A safeguard, so that the test fails with the
 * actual number.
 */
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

/** Items that arrive one by one, for a test that waits for them. */
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

/** A client that records what it received, and how the connection ended: 'end', or the error's code. */
export class Client {
  readonly socket: net.Socket
  readonly closed: Promise<string>
  text = ''

  /** @param stays whether it leaves its half open when the server ends the connection */
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

  /** Sends without end, as fast as possible or a little at a time, until it is disconnected. */
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

/** The number of descriptors, as soon as it is as expected, or after a timeout. */
export async function descriptorsLike (expected: number): Promise<number> {
  const deadline = performance.now() + PATIENCE
  while (openDescriptors() !== expected && performance.now() < deadline) await delay(1)
  return openDescriptors()
}
