import { once } from 'node:events'
import net from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import t from 'tap'
import type { PrimaryProcess } from '../lib/primary-process.js'
import { PrimarySharedPort, StandaloneSharedPort, WorkerSharedPort } from '../lib/shared-port.js'
import type { Worker } from '../lib/worker.js'
import type { Stats } from '../types/index.js'

const STATS: Stats = { workers: [], pending: 0, held: 0, shed: 0, listeners: [], ready: true }
const lines: object[] = []
const log = { error (line: object) { lines.push(line) } } as unknown as FastifyBaseLogger
const NOT_RUNNING = { code: 'SHARED_PORT_ERR_NOT_RUNNING' }

t.test('in the primary it shows the current state of the primary, and controls it', async t => {
  const done: unknown[] = []
  const primary = { generation: 0, draining: false, stats: () => STATS, reload: async () => { done.push('reload') }, restartSlot: async (slot: number) => { done.push(`slot ${slot}`) }, scale: async (workers: number) => { done.push(workers) } }
  const port = new PrimarySharedPort(primary as unknown as PrimaryProcess)
  t.match(port, { role: 'primary', workerId: 0 })
  t.same([port.generation, port.draining], [0, false])
  Object.assign(primary, { generation: 2, draining: true })
  t.same([port.generation, port.draining], [2, true])
  t.equal(await port.stats(), STATS)
  await port.reload()
  await port.restart(1)
  await port.scale(3)
  t.same(done, ['reload', 'slot 1', 3])
})

t.test('in a worker it shows the worker and whether it is draining, and controls nothing', async t => {
  const listeners: Array<(log: FastifyBaseLogger) => void> = []
  const worker = { id: 7, generation: 3, draining: false, stats: async () => STATS, onDraining: (listener: (log: FastifyBaseLogger) => void) => { listeners.push(listener) } }
  const port = new WorkerSharedPort(worker as unknown as Worker)
  port.begin()
  t.match(port, { role: 'worker', workerId: 7, generation: 3 })
  t.equal(port.draining, false)
  worker.draining = true
  t.equal(port.draining, true)
  const draining = once(port, 'draining')
  for (const listener of listeners) listener(log)
  t.same(await draining, [])
  t.equal(await port.stats(), STATS)
  await t.rejects(port.reload(), NOT_RUNNING)
  await t.rejects(port.restart(), NOT_RUNNING)
  await t.rejects(port.scale(), NOT_RUNNING)
})

t.test('standalone it has no workers, is ready while its server listens, and controls nothing', async t => {
  const server = net.createServer()
  const port = new StandaloneSharedPort(server, log)
  t.match(port, { role: 'standalone', workerId: 0, generation: 0, draining: false })
  t.same(await port.stats(), { ...STATS, ready: false })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.close() })
  t.same(await port.stats(), STATS)
  await t.rejects(port.reload(), NOT_RUNNING)
  await t.rejects(port.restart(), NOT_RUNNING)
  await t.rejects(port.scale(), NOT_RUNNING)
  const draining = once(port, 'draining')
  port.once('draining', () => { throw new Error('a listener that fails') })
  port.drain()
  t.equal(port.draining, true)
  await draining
  t.match(lines, [{ event: 'listener-error', listener: 'draining' }])
})
