import cluster from 'node:cluster'
import fp from 'fastify-plugin'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { resolve } from 'node:path'
import type { SharedPort, SharedPortOptions } from '../types/index.js'
import { markLog } from './fastify/app-logger.js'
import { beforeClose } from './fastify/close.js'
import { AlreadyListeningError, RegisteredTwiceError } from './errors.js'
import { rootOf } from './fastify/fastify-internals.js'
import { assertNodeSupported } from './platform/node-internals.js'
import { shareListen } from './fastify/listen.js'
import { safeLog } from './fastify/safe-log.js'
import { onFastify } from './fastify/on-fastify.js'
import { assertSameOptions, type Options, readOptions } from './options/options.js'
import { watchParent } from './worker/parent-watch.js'
import { ownProgram } from './primary/workers/fork.js'
import { type Output, openOutput } from './primary/process/output.js'
import { ServiceManager } from './primary/process/service-manager.js'
import { type Host, PrimaryProcess } from './primary-process.js'
import { findMark, findRole, type WorkerMark } from './platform/role.js'
import { PrimarySharedPort, StandaloneSharedPort, WorkerSharedPort } from './shared-port.js'
import { Worker } from './worker.js'
import { Stdout } from './worker/stdout.js'

/** The plugin: determines the role of this process, and makes `listen()` act accordingly. */
export const sharedPort = fp<SharedPortOptions>((fastify, given, done) => {
  try {
    fastify.decorate('sharedPort', share(fastify, given))
    done()
  } catch (err) {
    done(err as Error)
  }
}, { fastify: '5.x', name: 'shared-port' })

// One per process, however many Fastify instances it has.
let primary: PrimaryProcess | undefined
let worker: Worker | undefined
let output: Output | undefined
let manager: ServiceManager | undefined

/**
 * Set on the root instance, since a context may not see another's decorators. A global symbol, so that all
 * copies of this package in the process share it.
 */
const REGISTERED = Symbol.for('shared-fastify.registered')

// These apply from the worker's first log line on, before the plugin is registered: every line names the
// worker, and write errors do not end the process.
const mark = findMark()
const watch = mark && watchParent(mark.primary) // now, because the app may block while it loads
const stdout = mark && new Stdout()
let firstLog: FastifyBaseLogger | undefined
if (mark !== undefined) {
  onFastify(({ log }) => {
    markLog(log, whose(mark))
    stdout?.add(log)
    firstLog ??= log
  })
  // Prepended, because node:cluster's own listener exits a process whose worker is not set up yet.
  process.prependOnceListener('disconnect', () => { if (worker === undefined) lost() })
}

/** Called when the primary has died while this worker was loading. */
function lost (): void {
  stdout?.lose()
  if (firstLog !== undefined) safeLog(firstLog).warn({ event: 'primary-gone' }, 'the primary has exited: this worker was still starting, and exits too')
}

function whose ({ generation }: WorkerMark): { workerId: number, generation: number } {
  return { workerId: cluster.worker?.id ?? 0, generation }
}

function share (fastify: FastifyInstance, given: unknown): SharedPort {
  const root = rootOf(fastify)
  if (REGISTERED in root) throw new RegisteredTwiceError()
  if (fastify.server.listening) throw new AlreadyListeningError()
  const options = readOptions(given)
  Object.defineProperty(root, REGISTERED, { value: true })
  const found = findRole(options.workers)
  if (found.role === 'standalone') return standalone(fastify, found)
  assertNodeSupported()
  return found.role === 'worker' ? inWorker(fastify, options, found.mark) : inPrimary(fastify, options)
}

function inPrimary (fastify: FastifyInstance, options: Options): SharedPort {
  output ??= openOutput()
  manager ??= new ServiceManager()
  if (primary === undefined || primary.done) primary = newPrimary(options, fastify.log, { output, manager })
  else assertSameOptions(primary.options, options)
  const port = new PrimarySharedPort(primary)
  shareListen(fastify, primary.add(fastify, port))
  return port
}

function newPrimary (options: Options, log: FastifyBaseLogger, host: Host): PrimaryProcess {
  const program = ownProgram()
  return new PrimaryProcess(options, log, program, host, { mode: 'plugin', app: resolve(program.exec) })
}

function inWorker (fastify: FastifyInstance, options: Options, mark: WorkerMark): SharedPort {
  worker ??= new Worker(mark, fastify.log, stdout)
  const log = safeLog(fastify.log)
  if (watch?.failure !== undefined) log.debug({ event: 'parent-watch', err: watch.failure }, 'cannot watch the primary: if this event loop is blocked when the primary dies, this process keeps running')
  watch?.allow(options.grace)
  markLog(fastify.log, whose(mark))
  shareListen(fastify, worker.add(fastify, options))
  const port = new WorkerSharedPort(worker)
  fastify.addHook('onReady', async () => { port.begin() })
  return port
}

function standalone (fastify: FastifyInstance, { why, asked }: { why: string, asked: boolean }): SharedPort {
  const log = safeLog(fastify.log)
  log[asked ? 'info' : 'warn']({ event: 'standalone' }, 'not sharing a port: %s', why)
  const port = new StandaloneSharedPort(fastify.server, log)
  beforeClose(fastify, () => { port.drain() })
  return port
}
