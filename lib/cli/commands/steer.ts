import type { Status } from '../../../types/index.js'
import { oneLine } from '../../platform/plain-text.js'
import { describeEnding } from '../../primary/workers/ending.js'
import type { ControlClient } from './control-client.js'
import { ControlError } from '../exit.js'
import { findPrimary, type Which } from './primaries.js'

/** One line of the primary's progress report while it replaces workers. */
interface Step { event: string, id?: number, pid?: number, reload?: Status['reload'], code?: number | null, signal?: NodeJS.Signals | null, error?: string }

export interface SteerFlags extends Which { wait?: boolean }

/**
 * Replaces all workers. With `wait`, returns when that is done. @throws ControlError with the reason if the
 * reload fails
 */
export async function reload ({ wait = false, ...which }: SteerFlags): Promise<void> {
  const { client, status } = await findPrimary(which)
  if (wait) return await follow(client, '/reload', undefined, 'reload', 'the reload was aborted')
  const { generation } = await client.post('/reload') as { generation: number }
  say(`primary ${status.pid} is replacing all workers (reload ${generation})`)
}

/**
 * Replaces the worker of one slot. With `wait`, returns when that is done. @throws ControlError with the reason
 * if that fails
 */
export async function restart (slot: number, { wait = false, ...which }: SteerFlags): Promise<void> {
  const { client, status } = await findPrimary(which)
  if (wait) return await follow(client, '/restart', { slot }, 'restart', `the restart of slot ${slot} failed`)
  await client.post('/restart', { slot })
  say(`primary ${status.pid} is replacing the worker of slot ${slot}`)
}

/**
 * Changes the number of workers. With `wait`, returns when that is done. @throws ControlError with the
 * reason if that fails
 */
export async function scale (workers: number, { wait = false, ...which }: SteerFlags): Promise<void> {
  const { client, status } = await findPrimary(which)
  if (wait) return await follow(client, '/scale', { workers }, 'scaling', `scaling to ${workers} workers failed`)
  await client.post('/scale', { workers })
  say(`primary ${status.pid} is scaling from ${status.wanted} to ${workers} ${workers === 1 ? 'worker' : 'workers'}`)
}

/**
 * Replaces the primary by a new one. With `wait`, returns when that has taken over. @throws ControlError with
 * the reason if the upgrade fails
 */
export async function upgrade ({ wait = false, ...which }: SteerFlags): Promise<void> {
  const { client, status } = await findPrimary(which)
  if (wait) return await follow(client, '/upgrade', undefined, 'upgrade', 'the upgrade was aborted, and the server goes on as before')
  const { pid } = await client.post('/upgrade') as { pid: number }
  say(`process ${pid} is starting, to take the place of primary ${status.pid}`)
}

/** Lets the workers finish their requests, then stops everything. With `wait`, returns when the primary has exited. */
export async function stop ({ wait = false, ...which }: SteerFlags): Promise<void> {
  const { client, status } = await findPrimary(which)
  const gone = wait ? client.gone(status.pid) : undefined
  gone?.catch(() => {}) // if it fails first, post() throws the reason
  await client.post('/stop')
  say(`primary ${status.pid} is stopping`)
  await gone
  if (wait) say(`primary ${status.pid} has stopped`)
}

/** Sets the log level of the primary and its workers. @throws ControlError if the primary has no such level */
export async function logs (level: string, which: Which): Promise<void> {
  const { client, status } = await findPrimary(which)
  await client.post('/log-level', { level })
  say(`log level ${level} set in primary ${status.pid} and sent to its workers`)
}

async function follow (client: ControlClient, url: string, body: object | undefined, what: string, failure: string): Promise<void> {
  for await (const step of client.follow(url, body)) {
    const { event, id, pid, reload, code = null, signal = null, error } = step as unknown as Step
    if (event === 'failed') throw new ControlError(`${failure}: ${error}`)
    if (event === 'done') return say(pid === undefined ? `${what} complete` : `${what} complete: process ${pid} is the primary now`)
    const progress = reload == null ? '' : ` (${reload.replaced} of ${reload.workers} replaced)`
    if (event === 'worker-start') say(`worker ${id} is starting`)
    if (event === 'worker-ready') say(`worker ${id} is ready${progress}`)
    if (event === 'worker-exit') say(`worker ${id} ${code === 0 ? 'has exited' : describeEnding({ code, signal })}`)
  }
  throw new ControlError(`the primary's progress report ended before the ${what} was complete: see shared-fastify status`)
}

function say (line: string): void {
  process.stdout.write(`${oneLine(line)}\n`)
}
