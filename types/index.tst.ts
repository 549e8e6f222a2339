import Fastify, { type FastifyInstance } from 'fastify'
import { expect, test } from 'tstyche'
import sharedPort, { sharedPort as named, type CommandConfig, type HandshakeStats, type SharedPort, type SharedPortOptions, type Stats, type WorkerEvent, type WorkerExit, type WorkerStalled } from 'shared-fastify'

test('the plugin registers with and without options', () => {
  const fastify = Fastify()
  expect(fastify.register).type.toBeCallableWith(sharedPort)
  expect(fastify.register).type.toBeCallableWith(sharedPort, { workers: 4 })
  expect(fastify.register).type.toBeCallableWith(sharedPort, { workers: 'auto' as const, grace: 1000, signals: false, lane: 'ipc' as const, policy: 'round-robin' as const, bootTimeout: 0, reload: { concurrency: 2 } })
  expect(fastify.register).type.toBeCallableWith(sharedPort, {
    livenessTimeout: 0,
    recycle: { requests: 10_000, rss: '512mb', age: 3_600_000, jitter: 0.2 },
    maxRestarts: { count: 5, within: 60_000 },
    closeDelay: 5_000,
    user: 'www-data',
    group: 33,
    socketMode: '660',
    ticketLifetime: 3_600_000,
    readyCheck: async (fastify: FastifyInstance) => await fastify.inject('/'),
    onWorkerStart (id: number) {},
    onWorkerExit (id: number, { code, signal }: { code: number | null, signal: NodeJS.Signals | null }) {}
  })
  expect(fastify.register).type.not.toBeCallableWith(sharedPort, { workers: 'many' })
  expect(fastify.register).type.not.toBeCallableWith(sharedPort, { recycle: { rss: true } })
  expect(fastify.register).type.not.toBeCallableWith(sharedPort, { worker: 4 })
})

test('the default and the named export are the same', () => {
  expect(named).type.toBe<typeof sharedPort>()
  expect(sharedPort.default).type.toBe<typeof sharedPort>()
  expect(sharedPort.sharedPort).type.toBe<typeof sharedPort>()
})

test('the decorator', () => {
  const fastify = {} as FastifyInstance
  expect(fastify.sharedPort).type.toBe<SharedPort>()
  expect(fastify.sharedPort.role).type.toBe<'primary' | 'worker' | 'standalone'>()
  expect(fastify.sharedPort.workerId).type.toBe<number>()
  expect(fastify.sharedPort.stats()).type.toBe<Promise<Stats>>()
  expect(fastify.sharedPort.reload()).type.toBe<Promise<void>>()
  expect(fastify.sharedPort.restart(0)).type.toBe<Promise<void>>()
  expect(fastify.sharedPort.scale).type.toBeCallableWith(4)
  expect(fastify.sharedPort.scale).type.not.toBeCallableWith('auto')
})

test('the event loop stats', () => {
  expect<Pick<Stats['workers'][number], 'utilization' | 'delay' | 'stalls' | 'saturated'>>().type.toBe<{ utilization: number, delay: number, stalls: number, saturated: boolean }>()
})

test('the events, by their names and payloads', () => {
  const { sharedPort } = {} as FastifyInstance
  sharedPort.on('worker-ready', worker => { expect(worker).type.toBe<WorkerEvent>() })
  sharedPort.once('worker-exit', worker => { expect(worker).type.toBe<WorkerExit>() })
  sharedPort.on('stalled', worker => { expect(worker).type.toBe<WorkerStalled>() })
  sharedPort.off('reload-aborted', ({ generation, error }) => {
    expect(generation).type.toBe<number>()
    expect(error).type.toBe<Error>()
  })
  expect(sharedPort.on).type.not.toBeCallableWith('worker-reday', () => {})
  expect(sharedPort.draining).type.toBe<boolean>()
})

test('the stats', () => {
  const { workers: [worker] } = {} as Stats
  expect(worker?.handshakes).type.toBe<HandshakeStats | undefined>()
  expect<HandshakeStats>().type.toBe<{ full: number, resumed: number }>()
})

test('every option may be left out', () => {
  expect<SharedPortOptions>().type.toBeAssignableFrom({})
})

test('what a config file of the command takes', () => {
  expect<CommandConfig>().type.toBeAssignableFrom({ app: 'app.ts', workers: 'auto' as const, port: 0, logLevel: 'warn' as const, import: ['a'], recycle: { rss: '1gb' }, policy: () => null })
  expect<CommandConfig>().type.not.toBeAssignableFrom({ readyCheck () {} })
  expect<CommandConfig>().type.not.toBeAssignableFrom({ port: '80' })
})
