import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { Stats } from '../types/index.js'
import { killAtEnd } from './reaper.js'

/** Milliseconds for stats to become what a test expects: a guard, so that it fails with what they are. */
const STATS_PATIENCE = 30_000

/** Milliseconds for the processes of an app that has ended to be gone: a guard, so that a test fails with those that are not. */
const END_PATIENCE = 5_000

export const LANES = ['native', 'ipc'] as const

/** Options by which connections go to the workers exactly in turn, however busy the machine is: none is taken back. */
export const inTurn = { takeBackAfter: 0 }

/** For the few tests whose processes run what no unit test does: with tap's hooks there is coverage, and each process takes twice the time to start. */
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

/** Runs the test once for each lane. `skip`: the reason why this machine, or this Node, cannot. */
export function perLane (t: Test, name: string, run: (t: Test, lane: typeof LANES[number]) => Promise<void>, { skip = false }: { skip?: string | false } = {}): void {
  for (const lane of LANES) t.test(`${name} [${lane}]`, { skip }, async t => { await run(t, lane) })
}

/** What starts an app, and is told of its end: a test, in most cases. */
export type Starter = Pick<Test, 'teardown' | 'passing' | 'comment'>

export interface StartOptions {
  /** Instead of a fixture. */
  script?: string
  /** Options of the plugin. */
  options?: object
  /** What fastify.listen() is called with. */
  listen?: object
  env?: NodeJS.ProcessEnv
  /** Arguments of the script. */
  args?: string[]
  /** The most descriptors that each of its processes may have open. */
  descriptorLimit?: number
  /** Node's own. */
  execArgv?: string[]
  /** With tap's hooks, and so with coverage: see {@link hooked}. */
  hooked?: boolean
  cwd?: string
  /** From number 3 on: further descriptors for the primary. */
  inherit?: Array<number | net.Server | net.Socket>
}

/** Starts test/fixtures/<fixture> as a primary of its own, in a process group of its own. */
export function start (t: Starter, fixture: string, { options = {}, listen = { port: 0, host: '127.0.0.1' }, env, args = [], execArgv = [], cwd, inherit = [], descriptorLimit, hooked = false, script }: StartOptions = {}): App {
  const limited = descriptorLimit === undefined ? [] : ['sh', '-c', `ulimit -n ${descriptorLimit} && exec "$0" "$@"`]
  return new App(t, [...execArgv, ...(script === undefined ? [fixturePath(fixture)] : ['-e', script]), ...args], {
    ...process.env,
    ...env,
    OPTIONS: JSON.stringify(options),
    LISTEN: JSON.stringify(listen)
  }, cwd, inherit, [...limited, ...node(hooked, env)])
}

export type CommandOptions = Pick<StartOptions, 'env' | 'cwd' | 'inherit' | 'execArgv' | 'hooked'>

/** Runs the command. An app is given by its path in test/fixtures/apps/: see {@link appPath}. */
export function command (t: Test, args: string[], { env, cwd, inherit = [], execArgv = [], hooked = false }: CommandOptions = {}): App {
  const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url))
  return new App(t, [...execArgv, cli, ...args], { ...process.env, ...env }, cwd, inherit, node(hooked, env))
}

/** How Node is started. Tap puts its hooks into NODE_OPTIONS of whatever is spawned: env(1) takes them out again. */
function node (hooked: boolean, env?: NodeJS.ProcessEnv): string[] {
  return hooked ? [process.execPath] : [...withoutHooks(env), process.execPath]
}

/** What to put before a program, so that it starts without tap's hooks. */
export function withoutHooks (env: NodeJS.ProcessEnv = {}): [program: string, ...args: string[]] {
  return ['env', `NODE_OPTIONS=${env['NODE_OPTIONS'] ?? ''}`]
}

export function appPath (name: string): string {
  return fixturePath(`apps/${name}`)
}

export function fixturePath (name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
}

/** A primary under test: its log, its processes, its end. */
export class App {
  readonly child: ChildProcess
  readonly lines: Line[] = []
  /** The same as they came. */
  readonly raw: string[] = []
  /** Everything on stdout and stderr that is no JSON line. */
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

  /** The first line of the log, past or to come, that this is true of. Rejects when the app ends without it. */
  async line (is: (line: Line) => boolean): Promise<Line> {
    return await this.#until(() => this.lines.find(is), 'a log line')
  }

  async event (name: string, is: (line: Line) => boolean = () => true): Promise<Line> {
    return await this.line(line => line.event === name && is(line))
  }

  /** Resolves when what is no JSON line matches. */
  async printed (pattern: RegExp): Promise<void> {
    await this.#until(() => pattern.test(this.text) ? true : undefined, `text like ${pattern.source}`)
  }

  /** Resolves when `count` lines of the log have had this event. */
  async events (name: string, count: number): Promise<Line[]> {
    return await this.#until(() => {
      const found = this.lines.filter(({ event }) => event === name)
      return found.length >= count ? found : undefined
    }, `${count} × ${name}`)
  }

  /** The origin to send requests to, once the primary has said that it listens. */
  async url (): Promise<string> {
    const { msg } = await this.line(({ msg, workerId }) => workerId === undefined && /^(Server listening at|listening on) /.test(msg))
    return msg.replace(/^(Server listening at|listening on) /, '').replace(/^(?!http|\/)/, 'http://')
  }

  /** The lines that tell of a failure: level error and above. */
  get failures (): Line[] {
    return this.lines.filter(({ level }) => level >= 50)
  }

  /** The pids of the ready workers, in order of their ids. */
  async workers (count: number): Promise<number[]> {
    const lines = await this.events('worker-ready', count)
    return lines.sort((a, b) => Number(a.workerId) - Number(b.workerId)).map(({ workerPid }) => workerPid as number)
  }

  /** The primary's stats, asked for until they, or whatever else `as` looks at, are as expected. */
  async stats (as: (stats: Stats) => boolean = () => true): Promise<Stats> {
    const deadline = performance.now() + STATS_PATIENCE
    for (;;) {
      const asked = this.lines.filter(({ event }) => event === 'stats').length
      process.kill(this.pid, 'SIGUSR2')
      const stats = (await this.events('stats', asked + 1)).at(-1)?.stats as Stats
      if (as(stats)) return stats
      if (performance.now() > deadline) throw new Error(`not what was expected: ${JSON.stringify(stats)}, ${descriptors(this.pid)} descriptors`)
    }
  }

  /** Signals the primary and resolves when it has ended. */
  async stop (signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    process.kill(this.pid, signal)
    return await this.ended
  }

  /** The processes that are left of this app, the primary included. */
  processes (): number[] {
    return this.#group().filter(({ state }) => state !== 'Z').map(({ pid }) => pid)
  }

  /** Those that have ended, and whose parent has not heard of it. */
  zombies (): number[] {
    return this.#group().filter(({ state }) => state === 'Z').map(({ pid }) => pid)
  }

  /** The processes that are left when it has ended: none, as soon as the kernel is done with those that end. */
  async leftBehind (): Promise<number[]> {
    const deadline = performance.now() + END_PATIENCE
    while (this.processes().length > 0 && performance.now() < deadline) await new Promise(setImmediate)
    return this.processes()
  }

  killGroup (): void {
    try {
      process.kill(-this.pid, 'SIGKILL')
    } catch {} // nobody is left
  }

  #group (): Array<{ pid: number, state: string }> {
    return readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number).flatMap(pid => {
      try {
        // pid (comm) state ppid pgrp ...: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
        const [state, , group] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ') as [string, string, string]
        return Number(group) === this.pid ? [{ pid, state }] : []
      } catch {
        return [] // it has ended meanwhile
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
      // Not the primary's exit: its workers may outlive it, and log.
      if (this.#closed) throw new Error(`the app ended (code ${this.child.exitCode}, signal ${this.child.signalCode}) without ${what}:\n${this.#tail()}`)
      await once(this.#events, 'change')
    }
  }

  #tail (): string {
    return [...this.lines.slice(-20).map(line => JSON.stringify(line)), this.text].join('\n')
  }
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort (): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The descriptors that a process has open, counted. */
export function descriptors (pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

export interface Answer { status: number, headers: http.IncomingHttpHeaders, body: string }

/** One request, by default on a connection of its own. */
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

/** How often each worker answered `count` requests one after another, each on its own connection. */
export async function countServed (url: string, count: number): Promise<Map<number, number>> {
  const served = new Map<number, number>()
  for (let i = 0; i < count; i++) {
    const id = await whoServes(url)
    served.set(id, (served.get(id) ?? 0) + 1)
  }
  return served
}
