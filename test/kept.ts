import type { Test } from 'tap'
import type { Stats } from '../types/index.js'
import { RawClient } from './clients.js'
import { type App, start, type StartOptions } from './helper.js'
import type { Client } from './load.js'

/** `returnAfter` that is over soon. */
export const SOON = 50

/** `returnAfter` that is never over in a test. */
export const LATER = 600_000

/** Starts test/fixtures/kept.mjs. */
export async function serveKept (t: Test, options: object, more: StartOptions = {}): Promise<{ app: App, url: string }> {
  const app = start(t, 'kept.mjs', { options, ...more })
  return { app, url: await app.url() }
}

/** A client with one connection, which it keeps. Each of its requests fails if the server closes that, or says that it will. */
export class KeptClient {
  readonly raw: RawClient
  /** The workers that have answered, in order. */
  readonly workers: number[] = []

  private constructor (raw: RawClient) {
    this.raw = raw
  }

  /** Connects, and makes the first request. */
  static async connect (t: Pick<Test, 'teardown'>, url: string, options: Parameters<typeof RawClient.connect>[2] = {}): Promise<KeptClient> {
    const client = new KeptClient(await RawClient.connect(t, url, options))
    await client.ask()
    return client
  }

  /** Makes a request, and returns the worker that has answered. */
  async ask (path = '/'): Promise<number> {
    this.raw.get(path)
    return await this.answered()
  }

  /** Reads an answer, and returns the worker that has sent it. */
  async answered (): Promise<number> {
    const { status, headers, body } = await this.raw.answer()
    if (status !== 200 || headers.connection === 'close') throw new Error(`answered with ${status}, connection: ${headers.connection}`)
    const { worker } = JSON.parse(body) as { worker: number }
    this.workers.push(worker)
    return worker
  }
}

export async function connectKept (t: Test, url: string, count: number): Promise<KeptClient[]> {
  return await Promise.all(Array.from({ length: count }, async () => await KeptClient.connect(t, url)))
}

/** Clients for a load, which pause for some milliseconds after each answer. */
export function keptLoad (clients: readonly KeptClient[], pauses: readonly number[]): Record<string, Client> {
  return Object.fromEntries(clients.map((client, place) => {
    const pause = pauses[place % pauses.length] as number
    return [`kept ${place}, pause ${pause}`, async () => {
      await client.ask()
      if (pause > 0) await new Promise(resolve => setTimeout(resolve, pause))
      return 1
    }]
  }))
}

/** Resolves when the primary holds this many connections, and the workers have none. */
export async function held (app: App, count: number): Promise<Stats> {
  return await app.stats(({ held, pending, workers }) => held === count && pending === 0 && workers.every(({ open, unacked }) => open === 0 && unacked === 0))
}

/** The connections that workers have returned, by the reason. */
export function returned ({ workers }: Stats): { drain: number, time: number, rescue: number } {
  const sum = { drain: 0, time: 0, rescue: 0 }
  for (const { returned } of workers) for (const reason of ['drain', 'time', 'rescue'] as const) sum[reason] += returned[reason]
  return sum
}

/**
 * Resolves when a second has passed in the app: longer than connections need to be returned after
 * {@link SOON}. For tests in which nothing should happen.
 */
export async function aSecondLater (app: App): Promise<Stats> {
  const { workers: before } = await app.stats()
  return await app.stats(({ workers }) => workers.every(({ id, age }) => age > 1_000 + (before.find(worker => worker.id === id)?.age ?? 0)))
}
