import { once } from 'node:events'
import inspector from 'node:inspector'
import { createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { isMainThread } from 'node:worker_threads'
import { InspectorError } from '../../errors.js'
import { type Channel, post } from '../../protocol.js'
import { findMark } from '../../platform/role.js'

/** Which worker's inspector is opened, and where. */
export interface Inspect {
  /** The number of the worker's slot. */
  slot: number
  host: string
  port: number
  /** Whether to wait for a debugger before the app is loaded. */
  wait: boolean
}

/** Milliseconds between two attempts to use the port. */
const RETRY = 100

/** @throws SHARED_PORT_ERR_INSPECTOR if the port is in use: Node would report that only in the worker */
export async function assertFree ({ host, port }: Inspect): Promise<void> {
  try {
    await tryToListen(host, port)
  } catch (cause) {
    throw new InspectorError(`${host}:${port}`, (cause as Error).message, { cause: cause as Error })
  }
}

/**
 * Opens the inspector if this worker has the given slot. During a replacement, the previous worker keeps the
 * port until it has drained. Then this worker does not wait for a debugger, or neither of the two would go
 * on.
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
  if (inspector.url() === undefined) inspector.open(port, host) // NODE_OPTIONS may have opened it
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

/** Tests the port first, because Node's inspector reports a failure only on stderr. */
async function tryToListen (host: string, port: number): Promise<void> {
  const server = createServer().listen({ host, port, exclusive: true }) // not through node:cluster's primary
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}

function tell (url?: string): void {
  post(process as Channel, { type: 'inspecting', ...(url !== undefined && { url }) })
}
