import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { startedWith } from './proc.js'

/** The environment variable that marks a program's processes, including those that leave its group. */
const MARK = 'BENCH_PROGRAM'

/** The number of characters of a program's output that are kept. */
const KEPT = 100_000

/** Milliseconds in which the processes of a program have to be gone after SIGKILL. */
const END_PATIENCE = 5000

/** Everything that this run starts, so that it can end it by pid, even if the run fails or is interrupted. */
export class Processes {
  #programs = new Set()

  /**
   * @param {string} command
   * @param {string[]} args
   * @param {NodeJS.ProcessEnv} [env]
   */
  start (command, args, env) {
    const program = new Program(command, args, env)
    this.#programs.add(program)
    return program
  }

  /** @param {Program} program */
  async end (program) {
    await program.end()
    this.#programs.delete(program)
  }

  /** Synchronously, for the end of this process. */
  kill () {
    for (const program of this.#programs) program.kill()
    this.#programs.clear()
  }
}

/** A process and everything that it starts. */
export class Program {
  stdout = ''
  stderr = ''
  /** Resolves with the reason of its failure, or undefined. Never rejects. */
  ended
  #child
  #id = randomUUID()

  constructor (command, args, env = {}) {
    // A small environment, so that the caller's NODE_OPTIONS are not measured.
    const { PATH, HOME, TMPDIR } = process.env
    this.#child = spawn(command, args, {
      detached: true, // Ctrl-C is for the run, which then ends its programs
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), NODE_ENV: 'production', ...env, [MARK]: this.#id }
    })
    for (const name of ['stdout', 'stderr']) {
      this.#child[name].setEncoding('utf8').on('data', text => { this[name] = (this[name] + text).slice(-KEPT) })
    }
    this.ended = new Promise(resolve => {
      this.#child.once('error', err => { resolve(err.message) })
      this.#child.once('close', (code, signal) => {
        resolve(code === 0 ? undefined : `${[command, ...args].join(' ')}: exit code ${code}, signal ${signal}\n${this.stderr.trim()}`)
      })
    })
  }

  get pid () {
    return this.#child.pid
  }

  async end () {
    const until = Date.now() + END_PATIENCE
    while (this.#killOnce() > 0) {
      if (Date.now() > until) throw new Error(`could not end ${this.#child.spawnargs.join(' ')}`)
      await sleep(10)
    }
  }

  /** Does not wait for the exits. Repeated, because a primary may replace a worker meanwhile. */
  kill () {
    for (let i = 0; i < 100 && this.#killOnce() > 0; i++);
  }

  /** @returns the number of processes that there were */
  #killOnce () {
    const { pid, exitCode, signalCode } = this.#child
    // Its group too: nginx overwrites its environment with its title.
    const pids = [...startedWith(`${MARK}=${this.#id}`), ...(pid !== undefined && exitCode === null && signalCode === null ? [-pid] : [])]
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {} // it has exited meanwhile
    }
    return pids.length
  }
}
