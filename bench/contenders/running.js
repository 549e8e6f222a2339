import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import net from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Announcements } from '../announcements.js'
import { ask } from '../client.js'
import { runTool } from '../load/run-tool.js'

/** Milliseconds after which a contender that does not serve yet counts as failed. */
const START_PATIENCE = 60_000

/** Milliseconds between the tries to get a first answer. */
const TRY_EVERY = 5

/** Milliseconds that each try may take: @socket.io/sticky loses connections that arrive before its workers are up. */
const TRY_PATIENCE = 1000

/** Seconds that a command may take. */
const COMMAND_PATIENCE = 40

/** The answer of every contender's app. */
const BODY = '{"hello":"world"}'

/**
 * @typedef {object} Settings
 * @property {number} workers
 * @property {boolean} [tls]
 * @property {string[]} [flags] more flags of this project's command; other contenders do not have them
 *
 * @typedef {object} Launch
 * @property {string[]} args of node
 * @property {NodeJS.ProcessEnv} [env]
 * @property {'itself' | 'none' | 'announced' | ((pid: number) => number)} primary which process is the primary: the
 *   process started, none, the one that reports it, or the one that this function finds when all serve
 *
 * @typedef {Record<'reload' | 'scale' | 'status' | 'upgrade', (pid: number, ...values: unknown[]) => string[]>} Commands the arguments
 *   of node for what a contender can be told while it runs; each returns when that is done
 */

/** A contender that is running. */
export class Running {
  /** Milliseconds from the start of its first process. */
  msToFirstAnswer = NaN
  msToAllWorkers = NaN
  /** The primary's pid; undefined if there is no primary. */
  primary
  #commands
  #env
  #bench
  #launch
  #program
  #announcements
  #stopped = false

  /**
   * @param {import('../bench.js').Bench} bench
   * @param {Settings} settings
   * @param {(port: number) => Launch} launch
   * @param {Partial<Commands>} [commands]
   */
  static async start (bench, settings, launch, commands = {}) {
    const running = new Running()
    running.#commands = commands
    try {
      await running.#start(bench, settings, launch)
      return running
    } catch (err) {
      await running.stop()
      throw err
    }
  }

  /** The pids of the workers that have been ready so far, including those that have exited. Workers that are threads share one. */
  get workers () {
    return [...new Set(this.#announcements.by('worker').map(({ pid }) => pid))]
  }

  /** The names of the same workers, as the app's answers have them. */
  get workerNames () {
    return this.#announcements.by('worker').map(({ worker }) => worker)
  }

  /** Resolves when `count` workers have become ready since the start. */
  async workersEver (count) {
    await this.#announcements.of('worker', count)
  }

  /**
   * Whether it has this command.
   * @param {keyof Commands} name
   */
  can (name) {
    return this.#commands[name] !== undefined
  }

  /**
   * Resolves with what the command prints when it is done.
   * @param {keyof Commands} name
   * @param {...unknown} values
   */
  async command (name, ...values) {
    const args = this.#commands[name](this.#program.pid, ...values)
    const { stdout } = await runTool(this.#bench, process.execPath, args, COMMAND_PATIENCE, this.#env)
    return stdout
  }

  /** Stops it with SIGTERM, and starts it again when it has exited. Resolves when it answers. */
  async restart () {
    const { pid, ended } = this.#program
    process.kill(pid, 'SIGTERM')
    await ended
    await this.#bench.processes.end(this.#program)
    this.#launch()
    await Promise.race([this.#firstAnswer(), this.#failure(), late()])
    if (this.primary === pid) this.primary = this.#program.pid
  }

  async stop () {
    this.#stopped = true
    this.#announcements?.close()
    if (this.#program !== undefined) await this.#bench.processes.end(this.#program)
  }

  async #start (bench, { workers, tls = false }, launch) {
    const path = join(bench.folder, `${randomUUID().slice(0, 8)}.sock`)
    this.#bench = bench
    this.#announcements = await Announcements.listen(path)
    this.port = await freePort()
    this.secure = tls
    const { args, env, primary } = launch(this.port)
    this.#env = env
    const startedAt = performance.now()
    const since = () => performance.now() - startedAt
    this.#launch = () => {
      this.#program = bench.processes.start(process.execPath, args, {
        BENCH_PORT: `${this.port}`,
        BENCH_WORKERS: `${workers}`,
        BENCH_ANNOUNCE: path,
        ...(tls && { BENCH_TLS: bench.certificate }),
        ...env
      })
    }
    this.#launch()
    const ready = Promise.all([
      this.#firstAnswer().then(() => { this.msToFirstAnswer = since() }),
      this.workersEver(workers).then(() => { this.msToAllWorkers = since() }),
      primary === 'announced' ? this.#announcements.of('primary', 1) : undefined
    ])
    await Promise.race([ready, this.#failure(), late()])
    this.primary = this.#findPrimary(primary)
  }

  #findPrimary (primary) {
    if (primary === 'none') return undefined
    if (primary === 'itself') return this.#program.pid
    if (primary === 'announced') return this.#announcements.by('primary')[0].pid
    return primary(this.#program.pid)
  }

  async #firstAnswer () {
    while (!this.#stopped) {
      const { outcome, body } = await ask(this, '/', { timeout: TRY_PATIENCE })
      if (outcome === 'answered' && body !== BODY) throw new Error(`it answers ${body} and not ${BODY}`)
      if (outcome === 'answered') return
      await sleep(TRY_EVERY)
    }
  }

  /** Rejects when the program fails. PM2's command exits with 0 while its daemon serves. */
  async #failure () {
    const failure = await this.#program.ended
    if (failure !== undefined) throw new Error(failure)
    await new Promise(() => {})
  }
}

async function late () {
  await sleep(START_PATIENCE, undefined, { ref: false })
  throw new Error(`it does not serve after ${START_PATIENCE / 1000} s`)
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function freePort () {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
