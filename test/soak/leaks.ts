import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { descriptors } from '../helper.js'
import type { Look, SoakedApp } from './app.js'

/**
 * MiB by which the primary may have grown since its warm-up. It is not forced to collect its garbage, and V8
 * lets the young generation grow to 16 MiB before it has to. Runs of some minutes end up to 7 MiB above their
 * beginning, although the memory after a collection stays the same to 0.1 MiB once every fault has happened.
 * A leak of 1 KiB for each connection exceeds this limit in the default duration.
 */
export const MEMORY_BOUND = 16

/** The number of memory samples, and the milliseconds between them. The lowest counts. */
const SAMPLES = 10
const SAMPLE_PAUSE = 200

/** Milliseconds in which timers and descriptors that are about to end do so. */
const PATIENCE = 20_000
const LOOK_PAUSE = 200

/** The resources that a primary holds. */
export interface Held { descriptors: number, resources: Record<string, number> }

export function heldBy (app: SoakedApp, { resources }: Look): Held {
  return { descriptors: descriptors(app.pid), resources }
}

/** Resolves with what it holds, as soon as that is no more than `before`, or after a while in any case. */
export async function heldAgain (app: SoakedApp, before: Held): Promise<Held> {
  const deadline = performance.now() + PATIENCE
  for (;;) {
    const held = heldBy(app, await app.look())
    if (growth(before, held).length === 0 || performance.now() > deadline) return held
    await sleep(LOOK_PAUSE)
  }
}

/**
 * The resources that have grown. Descriptors may not be fewer either. The resources that keep a process alive may be:
 * Node counts its channels to the workers among them until the first message that had to wait.
 */
export function growth (before: Held, after: Held): string[] {
  const rows = [
    ...(after.descriptors === before.descriptors ? [] : [['descriptors', before.descriptors, after.descriptors] as const]),
    ...Object.entries(after.resources).map(([name, is]) => [name, before.resources[name] ?? 0, is] as const).filter(([, was, is]) => is > was)
  ]
  return rows.map(([name, was, is]) => `${name}: ${was} before, ${is} after`)
}

/** The resident memory of the process in MiB: the lowest of several samples, because garbage comes and goes. */
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
