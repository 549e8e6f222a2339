import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { descriptors } from '../helper.js'
import type { Look, SoakedApp } from './app.js'

/**
 * MiB by which the primary may have grown since it has warmed up. Nothing makes it collect its garbage,
 * and V8 lets the space for what is new grow to 16 MiB before it has to. Runs of some minutes end up to
 * 7 above their beginning, while what is left by a collection stays the same to 0.1 as soon as every
 * fault has happened once. A leak of 1 KiB for each connection exceeds it in the default's time.
 */
export const MEMORY_BOUND = 16

/** How often the memory is looked at, and how many milliseconds apart; the least counts. */
const SAMPLES = 10
const SAMPLE_PAUSE = 200

/** Milliseconds for what is on its way to its end (a timer, a descriptor) to get there. */
const PATIENCE = 20_000
const LOOK_PAUSE = 200

/** What a primary holds on to. */
export interface Held { descriptors: number, resources: Record<string, number> }

export function heldBy (app: SoakedApp, { resources }: Look): Held {
  return { descriptors: descriptors(app.pid), resources }
}

/** Resolves with what it holds when that is no more than `before`, or after a while with what it still holds. */
export async function heldAgain (app: SoakedApp, before: Held): Promise<Held> {
  const deadline = performance.now() + PATIENCE
  for (;;) {
    const held = heldBy(app, await app.look())
    if (growth(before, held).length === 0 || performance.now() > deadline) return held
    await sleep(LOOK_PAUSE)
  }
}

/**
 * What there is more of. Descriptors may not be fewer either; of the resources that keep a process
 * alive some may: Node's channels to the workers count as such until the first message that had to wait.
 */
export function growth (before: Held, after: Held): string[] {
  const rows = [
    ...(after.descriptors === before.descriptors ? [] : [['descriptors', before.descriptors, after.descriptors] as const]),
    ...Object.entries(after.resources).map(([name, is]) => [name, before.resources[name] ?? 0, is] as const).filter(([, was, is]) => is > was)
  ]
  return rows.map(([name, was, is]) => `${name}: ${was} before, ${is} after`)
}

/** MiB of the process that are in memory: the least of some samples, since what has not been collected yet comes and goes. */
export async function memory (pid: number): Promise<number> {
  let least = Infinity
  for (let i = 0; i < SAMPLES; i++) {
    await sleep(SAMPLE_PAUSE)
    least = Math.min(least, memoryNow(pid))
  }
  return least
}

export function memoryNow (pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) as unknown as [string, string]
  return Number(kilobytes) / 1024
}
