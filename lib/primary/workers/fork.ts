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

/** How a process ended: with an exit code, by a signal, or because it could not be started. */
export interface Ending { code: number | null, signal: NodeJS.Signals | null, error?: Error }

/** A worker's process, as far as the primary uses it. */
export interface Child {
  /** Never reused. */
  readonly id: number
  /** Undefined if the process could not be started. */
  readonly pid: number | undefined
  readonly channel: Channel
  kill (signal: NodeJS.Signals): void
  /** Called when the worker listens. Emits the events that node:cluster would emit for a handle of its own. */
  listening (names: ReadonlyArray<SocketName | string>): void
  /** Calls `listener` when the process has exited and everything that it had written has been read. Once only. */
  onExit (listener: (ending: Ending) => void): void
  /**
   * Calls `listener` when the channel is closed: nothing can be sent to the process any more, whether it is
   * alive or not.
   */
  onDisconnect (listener: () => void): void
  /** Calls `listener` when the process sends something invalid. At most once. */
  onBroken (listener: (err: Error) => void): void
}

/**
 * Starts a worker's process with these inherited descriptors, from number 4 on. Never throws: a failed start
 * is reported as an exit.
 */
export type Fork = (mark: WorkerMark, inherited: readonly number[]) => Child

/** The program that a worker runs, and the user that it runs as. */
export interface Program extends Identity { exec: string, args: string[], execArgv: string[], env?: NodeJS.ProcessEnv }

/**
 * The program of this process: its script, arguments and Node flags.
 * @throws SHARED_PORT_ERR_NO_SCRIPT if there is no script file: `node -e`, a REPL
 */
export function ownProgram (): Program {
  const [, exec, ...args] = process.argv
  if (exec === undefined) throw new NoScriptError()
  return { exec, args, execArgv: process.execArgv }
}

/**
 * Milliseconds after its exit for which a process's channel and stdout may stay open (a grandchild may hold
 * them, or they are not read at the moment). Then they count as read.
 */
const CLOSE_PATIENCE = 100

/**
 * Forks with node:cluster, so that `cluster.worker`, inspector ports and users of cluster work as usual.
 * With a `relay`, the workers' stdout goes there. Stderr is always inherited, so that the last words of a
 * dying process appear wherever this process writes.
 */
export function forkBy ({ exec, args, execArgv, env, ...identity }: Program, relay?: (stdout: Readable) => void): Fork {
  return (mark, inherited) => {
    const theirs = cluster.settings
    try {
      (cluster as { settings: ClusterSettings }).settings = {} // or setupPrimary() would merge them with ours
      cluster.setupPrimary({ exec, args, execArgv, ...identity, stdio: ['inherit', relay === undefined ? 'inherit' : 'pipe', 'inherit', 'ipc', ...inherited] })
      const worker = cluster.fork({ ...env, [WORKER_MARK]: JSON.stringify(mark) })
      const child = ClusterChild.of(worker, mark.lane === 'ipc') // first, because it listens for errors
      // Null if stdout is inherited, undefined if no process could be started.
      const stdout = worker.process.stdout as Socket | null | undefined
      stdout?.unref() // the worker keeps this process alive; another process that holds its stdout must not
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

  /** @throws SHARED_PORT_ERR_NODE_UNSUPPORTED; the process is killed then */
  static of (worker: Worker, returnsHandles: boolean): ClusterChild {
    const child = new ClusterChild(worker)
    try {
      if (worker.process.pid !== undefined) child.#readChannel(returnsHandles)
      return child
    } catch (err) {
      child.kill('SIGKILL')
      throw err
    }
  }

  constructor (worker: Worker) {
    this.#worker = worker
    // A broken channel, or a signal that comes too late, is ordinary. The exit event follows.
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

  // node:cluster does the same on its own worker's message (listening() in its lib/internal/cluster/primary.js).
  listening (names: ReadonlyArray<SocketName | string>): void {
    const worker = this.#worker as Worker & { state?: string }
    worker.state = 'listening'
    for (const address of names.map(asAddress)) {
      process.nextTick(() => { // so that an exception of the app's listener is not blamed on the worker's message
        worker.emit('listening', address)
        cluster.emit('listening', worker, address)
      })
    }
  }

  onExit (listener: (ending: Ending) => void): void {
    const child = this.#worker.process
    child.once('error', (error: Error) => {
      if (child.pid !== undefined) return
      delete cluster.workers?.[this.id] // Node does this at 'exit', which is not emitted here
      listener({ code: null, signal: null, error })
    })
    child.once('exit', (code, signal) => {
      const end = (): void => {
        clearTimeout(timer)
        child.off('close', end)
        this.#channel?.close()
        listener({ code, signal })
      }
      // One iteration later, because this process itself may have been blocked, with data still unread.
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

  #readChannel (returnsHandles: boolean): void {
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
    const handles = new ReceivedHandles(this.#worker, isInternal, returnsHandles)
  }
}

/**
 * The argument of node:cluster's event 'listening':
 * https://nodejs.org/docs/latest/api/cluster.html#event-listening_1
 */
function asAddress (name: SocketName | string): Address {
  const address = typeof name === 'string'
    ? { addressType: -1, address: name, port: NO_PORT }
    : { addressType: name.family === 'IPv6' ? 6 : 4, address: name.address, port: name.port }
  return { ...address, fd: undefined } as Address
}

/** A process whose fork threw an exception. */
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
