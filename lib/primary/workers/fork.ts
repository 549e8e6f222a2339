import type { ChildProcess } from 'node:child_process'
import cluster, { type Address, type ClusterSettings, type Worker } from 'node:cluster'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { NoScriptError } from '../../errors.js'
import type { SocketName } from '../../platform/node-internals.js'
import type { Identity } from './identity.js'
import type { Channel } from '../../protocol.js'
import { WORKER_MARK, type WorkerMark } from '../../platform/role.js'
import { NO_PORT } from '../../platform/system-error.js'
import { ClusterMessages } from './fork/cluster-messages.js'
import { ReceivedHandles } from './fork/received-handles.js'
import { isInternal, WorkerChannel } from './fork/worker-channel.js'

/** How a process ended: by itself, by a signal, or by not starting at all. */
export interface Ending { code: number | null, signal: NodeJS.Signals | null, error?: Error }

/** What the primary needs of a worker's process. */
export interface Child {
  /** Never used twice. */
  readonly id: number
  /** Undefined when it could not be started. */
  readonly pid: number | undefined
  readonly channel: Channel
  kill (signal: NodeJS.Signals): void
  /** Its server listens: tells node:cluster's users, to whom it would tell itself of a handle of cluster's. */
  listening (names: ReadonlyArray<SocketName | string>): void
  /** It is dead, and all that it had written has arrived. Called once. */
  onExit (listener: (ending: Ending) => void): void
  /** Its channel is closed: it can be told nothing more, alive or not. */
  onDisconnect (listener: () => void): void
  /** It sends what cannot be taken. Called once at most. */
  onBroken (listener: (err: Error) => void): void
}

/** Starts a worker's process with these descriptors from number 4 on. Never throws: a failed start is an exit. */
export type Fork = (mark: WorkerMark, inherited: readonly number[]) => Child

/** What a worker runs, and as whom. */
export interface Program extends Identity { exec: string, args: string[], execArgv: string[], env?: NodeJS.ProcessEnv }

/**
 * What this process itself runs: script, arguments, Node's own flags.
 * @throws SHARED_PORT_ERR_NO_SCRIPT where that is no file: `node -e`, a REPL
 */
export function ownProgram (): Program {
  const [, exec, ...args] = process.argv
  if (exec === undefined) throw new NoScriptError()
  return { exec, args, execArgv: process.execArgv }
}

/** Milliseconds from exit on that a channel, or a stdout, may stay open (a grandchild holds it, or it is not read for now) before it counts as read. */
const CLOSE_PATIENCE = 100

/**
 * Forks by node:cluster, so that `cluster.worker`, inspector ports and cluster's own users find what they know.
 * Where there is a `relay`, what the workers write to stdout goes there. Stderr is always inherited: what a process says
 * as it dies is to be read wherever this one is.
 */
export function forkBy ({ exec, args, execArgv, env, ...identity }: Program, relay?: (stdout: Readable) => void): Fork {
  return (mark, inherited) => {
    const theirs = cluster.settings
    try {
      (cluster as { settings: ClusterSettings }).settings = {} // setupPrimary() would add to them
      cluster.setupPrimary({ exec, args, execArgv, ...identity, stdio: ['inherit', relay === undefined ? 'inherit' : 'pipe', 'inherit', 'ipc', ...inherited] })
      const worker = cluster.fork({ ...env, [WORKER_MARK]: JSON.stringify(mark) })
      const child = ClusterChild.of(worker) // first: it hears the errors
      // Null where it is inherited, and not there where no process could be started.
      const stdout = worker.process.stdout as Socket | null | undefined
      stdout?.unref() // the worker keeps this process alive; what else may hold its stdout must not
      if (stdout != null) relay?.(stdout)
      return child
    } catch (error) {
      return new UnstartedChild(error as Error)
    } finally {
      (cluster as { settings: ClusterSettings }).settings = theirs // the app may fork workers of its own
    }
  }
}

class ClusterChild implements Child {
  readonly #worker: Worker
  #channel: WorkerChannel | undefined
  #onBroken: ((err: Error) => void) | undefined

  /** @throws SHARED_PORT_ERR_NODE_UNSUPPORTED; the process is ended then */
  static of (worker: Worker): ClusterChild {
    const child = new ClusterChild(worker)
    try {
      if (worker.process.pid !== undefined) child.#readChannel()
      return child
    } catch (err) {
      child.kill('SIGKILL')
      throw err
    }
  }

  constructor (worker: Worker) {
    this.#worker = worker
    // A broken channel or a signal that came too late is an ordinary event, and its exit will tell.
    worker.on('error', () => {})
  }

  get id (): number {
    return this.#worker.id
  }

  get pid (): number | undefined {
    return this.#worker.process.pid
  }

  get channel (): Channel {
    return this.#worker.process as ChildProcess as Channel
  }

  kill (signal: NodeJS.Signals): void {
    this.#worker.process.kill(signal)
  }

  // As node:cluster does on its worker's own message (listening() in its lib/internal/cluster/primary.js).
  listening (names: ReadonlyArray<SocketName | string>): void {
    const worker = this.#worker as Worker & { state?: string }
    worker.state = 'listening'
    for (const address of names.map(asAddress)) {
      process.nextTick(() => { // what a listener throws is the app's, and no fault of the worker's message
        worker.emit('listening', address)
        cluster.emit('listening', worker, address)
      })
    }
  }

  onExit (listener: (ending: Ending) => void): void {
    const child = this.#worker.process
    child.once('error', (error: Error) => {
      if (child.pid !== undefined) return
      delete cluster.workers?.[this.id] // which Node does at 'exit', but there will be none
      listener({ code: null, signal: null, error })
    })
    child.once('exit', (code, signal) => {
      const end = (): void => {
        clearTimeout(timer)
        child.off('close', end)
        this.#channel?.close()
        listener({ code, signal })
      }
      // A turn later: this process itself may have stood still, and what has come lies unread.
      const timer = setTimeout(() => { setImmediate(end) }, CLOSE_PATIENCE)
      child.once('close', end)
    })
  }

  onDisconnect (listener: () => void): void {
    this.#worker.process.once('disconnect', listener)
  }

  onBroken (listener: (err: Error) => void): void {
    this.#onBroken = listener
  }

  #readChannel (): void {
    const child = this.#worker.process
    const channel = this.#channel = new WorkerChannel(child, {
      onBroken: err => { this.#onBroken?.(err) },
      onInternal: (message, handle) => {
        if (message.cmd === 'NODE_CLUSTER') return toCluster.take(message)
        channel.guarded(() => {
          if (message.cmd === 'NODE_HANDLE') handles.take(message, handle)
          else child.emit('internalMessage', message, undefined)
        })
      }
    })
    const toCluster = new ClusterMessages(child, run => { channel.guarded(run) })
    const handles = new ReceivedHandles(this.#worker, isInternal)
  }
}

/** The parameter of node:cluster's event 'listening': https://nodejs.org/docs/latest/api/cluster.html#event-listening_1 */
function asAddress (name: SocketName | string): Address {
  const address = typeof name === 'string'
    ? { addressType: -1, address: name, port: NO_PORT }
    : { addressType: name.family === 'IPv6' ? 6 : 4, address: name.address, port: name.port }
  return { ...address, fd: undefined } as Address
}

/** A process that could not even be asked for. */
class UnstartedChild implements Child {
  readonly id = 0
  readonly pid = undefined
  readonly channel: Channel = { on () {}, off () {} }

  constructor (readonly reason: Error) {}

  kill (): void {}

  listening (): void {}

  onExit (listener: (ending: Ending) => void): void {
    process.nextTick(listener, { code: null, signal: null, error: this.reason })
  }

  onDisconnect (): void {}

  onBroken (): void {}
}
