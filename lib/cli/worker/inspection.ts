import { once } from 'node:events'
import inspector from 'node:inspector'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'
import { InspectorError } from '../../errors.js'
import { type Channel, post } from '../../protocol.js'
import { findMark } from '../../platform/role.js'

/** Whose inspector is opened, and where. */
export interface Inspect {
  /** The number of the worker's slot. */
  slot: number
  host: string
  port: number
  /** Whether a debugger has to come before the app is loaded. */
  wait: boolean
}

/** Milliseconds between two looks whether the port is free. */
const RETRY = 100

/** @throws SHARED_PORT_ERR_INSPECTOR where something else listens: Node would say so in the worker alone */
export async function assertFree ({ host, port }: Inspect): Promise<void> {
  try {
    await tryToListen(host, port)
  } catch (cause) {
    throw new InspectorError(`${host}:${port}`, (cause as Error).message, { cause: cause as Error })
  }
}

/**
 * In a worker of the slot: opens its inspector. The worker before it may have the port until it
 * drains, and is let keep it: then this one does not wait for a debugger, or neither would go on.
 */
export async function openInspector (inspect: Inspect): Promise<void> {
  if (!isMainThread || findMark()?.slot !== inspect.slot) return
  if (inspector.url() !== undefined || await isFree(inspect)) return open(inspect)
  tell()
  untilFree(inspect).then(() => { open({ ...inspect, wait: false }) })
}

/** Whether this process has waited for a debugger. */
export let held = false

function open ({ host, port, wait }: Inspect): void {
  if (inspector.url() === undefined) inspector.open(port, host) // NODE_OPTIONS may have done it
  tell(inspector.url())
  if (!wait) return
  held = true
  inspector.waitForDebugger()
}

async function untilFree (inspect: Inspect): Promise<void> {
  do await setTimeout(RETRY, undefined, { ref: false })
  while (!await isFree(inspect))
}

async function isFree ({ host, port }: Inspect): Promise<boolean> {
  return await tryToListen(host, port).then(() => true, () => false)
}

/** Node's inspector itself only says on stderr that it cannot. */
async function tryToListen (host: string, port: number): Promise<void> {
  const server = createServer().listen({ host, port, exclusive: true }) // not by way of node:cluster's primary
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}

function tell (url?: string): void {
  post(process as Channel, { type: 'inspecting', ...(url !== undefined && { url }) })
}
