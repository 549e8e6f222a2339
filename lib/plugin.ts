import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { SharedPort, SharedPortOptions } from '../types/index.js'
import { AlreadyListeningError, NotRunningError, RegisteredTwiceError } from './errors.js'
import { assertNodeSupported, rootOf } from './internals.js'
import { shareListen } from './listen.js'
import { assertSameOptions, type Options, readOptions } from './options.js'
import { forkBy, ownProgram } from './primary/fork.js'
import { PrimaryProcess } from './primary-process.js'
import { findRole, type WorkerMark } from './role.js'
import { markLog } from './worker-log.js'
import { Worker } from './worker.js'

/** The plugin: finds out which part this process plays, and lets `listen()` play it. */
export const sharedPort = fp<SharedPortOptions>((fastify, given, done) => {
  try {
    fastify.decorate('sharedPort', share(fastify, given))
    done()
  } catch (err) {
    done(err as Error)
  }
}, { fastify: '5.x', name: 'shared-port' })

// One per process, whatever number of Fastify instances it has.
let primary: PrimaryProcess | undefined
let worker: Worker | undefined

/** By their root instances: a context may not know of another's decorators. */
const registered = new WeakSet<FastifyInstance>()

function share (fastify: FastifyInstance, given: unknown): SharedPort {
  const root = rootOf(fastify)
  if (registered.has(root)) throw new RegisteredTwiceError()
  if (fastify.server.listening) throw new AlreadyListeningError()
  const options = readOptions(given)
  registered.add(root)
  const found = findRole(options.workers)
  if (found.role === 'standalone') return standalone(fastify, found)
  assertNodeSupported()
  return found.role === 'worker' ? inWorker(fastify, options, found.mark) : inPrimary(fastify, options)
}

function inPrimary (fastify: FastifyInstance, options: Options): SharedPort {
  if (primary === undefined || primary.done) primary = new PrimaryProcess(options, fastify.log, forkBy(ownProgram()))
  else assertSameOptions(primary.options, options)
  const current = primary
  shareListen(fastify, current.add(fastify))
  return {
    role: 'primary',
    workerId: 0,
    get generation () { return current.generation },
    stats: async () => current.stats(),
    reload: async () => { await current.reload() },
    scale: async workers => { await current.scale(workers) }
  }
}

function inWorker (fastify: FastifyInstance, options: Options, mark: WorkerMark): SharedPort {
  worker ??= new Worker(mark, fastify.log)
  const current = worker
  markLog(fastify.log, current.id)
  shareListen(fastify, current.add(fastify, options))
  return { role: 'worker', workerId: current.id, generation: current.generation, stats: async () => await current.stats(), ...steersNothing }
}

function standalone ({ log }: FastifyInstance, { why, asked }: { why: string, asked: boolean }): SharedPort {
  log[asked ? 'info' : 'warn']({ event: 'standalone' }, 'not sharing a port: %s', why)
  return {
    role: 'standalone',
    workerId: 0,
    generation: 0,
    stats: async () => ({ workers: [], pending: 0, listeners: [] }),
    ...steersNothing
  }
}

/** Only a primary has workers. */
const steersNothing: Pick<SharedPort, 'reload' | 'scale'> = {
  reload: async () => { throw new NotRunningError('reload()') },
  scale: async () => { throw new NotRunningError('scale()') }
}
