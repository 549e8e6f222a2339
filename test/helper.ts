import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { Stats } from '../types/index.js'
import { killAtEnd } from './reaper.js'

/** Milliseconds to wait for stats to become as expected. A safeguard, so that the test fails with the actual stats. */
const STATS_PATIENCE = 30_000

/** Milliseconds between two questions for stats. Without a pause, they would keep a CPU busy that the app needs. */
const STATS_PAUSE = 10

/**
 * Milliseconds to wait for the processes of an app to exit. A safeguard, so that the test fails with those
 * that are left.
 */
const END_PATIENCE = 5_000

/** The command's program. */
export const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url))

export const LANES = ['native', 'ipc'] as const

/**
 * Options with which connections go to the workers exactly in turn, however busy the machine is: none is
 * taken back.
 */
export const inTurn = { takeBackAfter: 0 }

/** Options with which a kept connection stays with its worker, however busy the machine is. */
export const stays = { returnAfter: 0, rescueAfter: 0 }

/** For the tests whose processes run code that no unit test covers: it counts as covered. See coverage.cjs. */
export const hooked = { hooked: true }

/** A line of an app's log. */
export interface Line {
  pid: number
  level: number
  msg: string
  event?: string
  workerId?: number
  workerPid?: number
  [field: string]: unknown
}

export interface Ending { code: number | null, signal: NodeJS.Signals | null }

/** Runs the test once for each lane. `skip`: the reason why this machine, or this Node, cannot run it. */
export function perLane (t: Test, name: string, run: (t: Test, lane: typeof LANES[number]) => Promise<void>, { skip = false }: { skip?: string | false } = {}): void {
  for (const lane of LANES) t.test(`${name} [${lane}]`, { skip }, async t => { await run(t, lane) })
}

/** The test that an app belongs to, in most cases. */
export type Starter = Pick<Test, 'teardown' | 'passing' | 'comment'>

export interface StartOptions {
  /** Replaces the fixture. */
  script?: string
  /** The plugin's options. */
  options?: object
  /** The arguments of fastify.listen(). */
  listen?: object
  env?: NodeJS.ProcessEnv
  /** The arguments of the script. */
  args?: string[]
  /** The most descriptors that each process may have open. */
  descriptorLimit?: number
  /** Options for Node itself. */
  execArgv?: string[]
  /** With coverage: see {@link hooked}. */
  hooked?: boolean
  cwd?: string
  /** Further descriptors for the primary, from number 3 on. */
  inherit?: Array<number | net.Server | net.Socket>
}

/** Starts test/fixtures/<fixture> as a primary, in a process group of its own. */
export function start (t: Starter, fixture: string, { options = {}, listen = { port: 0, host: '127.0.0.1' }, env, args = [], execArgv = [], cwd, inherit = [], descriptorLimit, hooked = false, script }: StartOptions = {}): App {
  const limited = descriptorLimit === undefined ? [] : ['sh', '-c', `ulimit -n ${descriptorLimit} && exec "$0" "$@"`]
  return new App(t, [...execArgv, ...(script === undefined ? [fixturePath(fixture)] : ['-e', script]), ...args], {
    ...process.env,
    ...env,
    OPTIONS: JSON.stringify(options),
    LISTEN: JSON.stringify(listen)
  }, cwd, inherit, [...limited, ...node(hooked, env)])
}

export interface CommandOptions extends Pick<StartOptions, 'env' | 'cwd' | 'inherit' | 'execArgv' | 'hooked'> {
  /** Passes the descriptors of `inherit` as systemd does, with these names, or without any. */
  activate?: { names?: string }
}

/** Runs the command. An app is given by its path in test/fixtures/apps/: see {@link appPath}. */
export function command (t: Starter, args: string[], { env, cwd, inherit = [], execArgv = [], hooked = false, activate }: CommandOptions = {}): App {
  const activation = activate === undefined ? {} : { LISTEN_FDS: String(inherit.length), ...(activate.names !== undefined && { LISTEN_FDNAMES: activate.names }) }
  const activating = activate === undefined ? [] : ['sh', '-c', 'LISTEN_PID=$$ exec "$0" "$@"'] // the process id stays the same
  return new App(t, [...execArgv, CLI, ...args], { ...process.env, ...activation, ...env }, cwd, inherit, [...activating, ...node(hooked, env)])
}

/**
 * The program and environment for Node. Tap adds its hooks to NODE_OPTIONS of every spawned process; env(1)
 * removes them again.
 */
function node (hooked: boolean, env: NodeJS.ProcessEnv = {}): string[] {
  const options = [env['NODE_OPTIONS'], hooked ? `--require="${fileURLToPath(new URL('coverage.cjs', import.meta.url))}"` : undefined].filter(Boolean).join(' ')
  return [...withoutHooks({ NODE_OPTIONS: options }), process.execPath]
}

/** A prefix for a program that starts it without tap's hooks. */
export function withoutHooks (env: NodeJS.ProcessEnv = {}): [program: string, ...args: string[]] {
  return ['env', `NODE_OPTIONS=${env['NODE_OPTIONS'] ?? ''}`]
}

export function appPath (name: string): string {
  return fixturePath(`apps/${name}`)
}

export function fixturePath (name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
}

/** A primary under test, with its log and its processes. */
export class App {
  readonly child: ChildProcess
  readonly lines: Line[] = []
  /** The same lines, unparsed. */
  readonly raw: string[] = []
  /** Everything on stdout and stderr that is not a JSON line. */
  text = ''
  readonly ended: Promise<Ending>
  #closed = false
  readonly #events = new EventEmitter().setMaxListeners(0)

  constructor (t: Starter, args: string[], env: NodeJS.ProcessEnv, cwd?: string, inherit: StartOptions['inherit'] = [], [program, ...first]: string[] = [process.execPath]) {
    this.child = spawn(program as string, [...first, ...args], {
      env,
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...inherit.map(given => typeof given === 'number' ? given : (given as unknown as { _handle: import('node:stream').Stream })._handle)]
    })
    const killed = killAtEnd(-this.pid)
    this.ended = new Promise(resolve => {
      this.child.once('close', (code, signal) => {
        this.#closed = true
        this.#events.emit('change')
        resolve({ code, signal })
      })
    })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      createInterface({ input: stream as NonNullable<typeof stream> }).on('line', line => { this.#read(line) })
    }
    t.teardown(async () => {
      if (!t.passing()) t.comment(this.#tail())
      this.killGroup()
      await this.ended
      killed()
    })
  }

  get pid (): number {
    return this.child.pid as number
  }

  /** The first log line, past or future, for which `is` returns true. Rejects if the app exits without one. */
  async line (is: (line: Line) => boolean): Promise<Line> {
    return await this.#until(() => this.lines.find(is), 'a log line')
  }

  async event (name: string, is: (line: Line) => boolean = () => true): Promise<Line> {
    return await this.line(line => line.event === name && is(line))
  }

  /** Resolves when the output that is not JSON matches. */
  async printed (pattern: RegExp): Promise<void> {
    await this.#until(() => pattern.test(this.text) ? true : undefined, `text like ${pattern.source}`)
  }

  /** Resolves when `count` log lines have had this event. */
  async events (name: string, count: number): Promise<Line[]> {
    return await this.#until(() => {
      const found = this.lines.filter(({ event }) => event === name)
      return found.length >= count ? found : undefined
    }, `${count} × ${name}`)
  }

  /** The app's URL, once the primary has logged that it listens. */
  async url (): Promise<string> {
    const { msg } = await this.line(({ msg, workerId }) => workerId === undefined && /^(Server listening at|listening on) /.test(msg))
    return msg.replace(/^(Server listening at|listening on) /, '').replace(/^(?!http|\/)/, 'http://')
  }

  /** The log lines of failures: level error and above. */
  get failures (): Line[] {
    return this.lines.filter(({ level }) => level >= 50)
  }

  /** The pids of the ready workers, sorted by id. */
  async workers (count: number): Promise<number[]> {
    const lines = await this.events('worker-ready', count)
    return lines.sort((a, b) => Number(a.workerId) - Number(b.workerId)).map(({ workerPid }) => workerPid as number)
  }

  /** Asks for the primary's stats until they, or what `as` looks at, are as expected. */
  async stats (as: (stats: Stats) => boolean = () => true): Promise<Stats> {
    const deadline = performance.now() + STATS_PATIENCE
    for (;;) {
      const asked = this.lines.filter(({ event }) => event === 'stats').length
      process.kill(this.pid, 'SIGUSR2')
      const stats = (await this.events('stats', asked + 1)).at(-1)?.stats as Stats
      if (as(stats)) return stats
      if (performance.now() > deadline) throw new Error(`not what was expected: ${JSON.stringify(stats)}, ${descriptors(this.pid)} descriptors`)
      await sleep(STATS_PAUSE)
    }
  }

  /** Signals the primary; resolves when it has exited. */
  async stop (signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    process.kill(this.pid, signal)
    return await this.ended
  }

  /** The processes of this app that are left, including the primary. */
  processes (): number[] {
    return this.#group().filter(({ state }) => state !== 'Z').map(({ pid }) => pid)
  }

  /** Those that have exited and that their parent has not reaped. */
  zombies (): number[] {
    return this.#group().filter(({ state }) => state === 'Z').map(({ pid }) => pid)
  }

  /** The processes that are left after the app has exited: none, as soon as the kernel has removed them. */
  async leftBehind (): Promise<number[]> {
    const deadline = performance.now() + END_PATIENCE
    while (this.processes().length > 0 && performance.now() < deadline) await new Promise(setImmediate)
    return this.processes()
  }

  killGroup (): void {
    try {
      process.kill(-this.pid, 'SIGKILL')
    } catch {} // no process is left
  }

  #group (): Array<{ pid: number, state: string }> {
    return readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number).flatMap(pid => {
      try {
        // pid (comm) state ppid pgrp ...: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
        const [state, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ') as [string, string, string]
        return Number(group) === this.pid ? [{ pid, state }] : []
      } catch {
        return [] // it has exited meanwhile
      }
    })
  }

  #read (line: string): void {
    try {
      this.lines.push(JSON.parse(line) as Line)
      this.raw.push(line)
    } catch {
      this.text += `${line}\n`
    }
    this.#events.emit('change')
  }

  async #until<T> (look: () => T | undefined, what: string): Promise<T> {
    for (;;) {
      const found = look()
      if (found !== undefined) return found
      // 'close' rather than 'exit': workers may outlive the primary, and log.
      if (this.#closed) throw new Error(`the app ended (code ${this.child.exitCode}, signal ${this.child.signalCode}) without ${what}:\n${this.#tail()}`)
      await once(this.#events, 'change')
    }
  }

  #tail (): string {
    return [...this.lines.slice(-20).map(line => JSON.stringify(line)), this.text].join('\n')
  }
}

/** A port of 127.0.0.1 that no process listens on. */
export async function freePort (): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The number of descriptors that a process has open. */
export function descriptors (pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

export interface Answer { status: number, headers: http.IncomingHttpHeaders, body: string }

/** Makes a request, by default on a new connection. */
export async function request (url: string, options: http.RequestOptions & { body?: string | Buffer } = {}): Promise<Answer> {
  const { body, ...rest } = options
  return await new Promise((resolve, reject) => {
    const req = http.request(url, { agent: false, ...rest }, res => {
      let text = ''
      res.setEncoding('utf8')
      res.on('data', chunk => { text += chunk })
      res.once('error', reject)
      res.once('end', () => { resolve({ status: res.statusCode as number, headers: res.headers, body: text }) })
    })
    req.once('error', reject)
    req.end(body)
  })
}

/** The id of the worker that answers a GET of `/` on a new connection. */
export async function whoServes (url: string): Promise<number> {
  return (JSON.parse((await request(url)).body) as { worker: number }).worker
}

/**
 * The number of requests that each worker answered, of `count` requests one after another, each on a new
 * connection.
 */
export async function countServed (url: string, count: number): Promise<Map<number, number>> {
  const served = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    const id = await whoServes(url)
    served.set(id, (served.get(id) ?? 0) + 1)
  }
  return served
}
