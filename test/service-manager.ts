import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import { fixturePath, withoutHooks } from './helper.js'
import { killAtEnd } from './reaper.js'

/** A message to the service manager, and the process that sent it. */
export interface Told { pid: number, fields: Record<string, string> }

/** Plays systemd: reads the socket to which NOTIFY_SOCKET points. By Python, because Node has no Unix datagram sockets. */
export class ServiceManager {
  readonly told: Told[] = []
  readonly #child: ChildProcess
  readonly #events = new EventEmitter().setMaxListeners(0)
  readonly #bound: Promise<unknown>

  /** @param full whether its socket is full, and it reads nothing until {@link read} */
  constructor (t: Test, readonly name: string, { full = false } = {}) {
    const [program, ...args] = withoutHooks()
    this.#child = spawn(program, [...args, 'python3', fixturePath('manager.py'), name, ...(full ? ['full'] : [])], { stdio: ['pipe', 'pipe', 'inherit'], detached: true })
    const killed = killAtEnd(-(this.#child.pid as number))
    const closed = once(this.#child, 'close')
    this.#bound = once(this.#events, 'bound')
    createInterface({ input: this.#child.stdout as NonNullable<ChildProcess['stdout']> }).on('line', line => {
      const told = JSON.parse(line) as Told | { bound: string }
      if ('bound' in told) {
        this.#events.emit('bound')
      } else {
        this.told.push(told)
        this.#events.emit('change')
      }
    })
    t.teardown(async () => {
      if (!t.passing()) t.comment(JSON.stringify(this.told))
      this.#child.kill('SIGKILL')
      await closed
      killed()
    })
  }

  /** Resolves when the socket is there. */
  async open (): Promise<this> {
    await this.#bound
    return this
  }

  /** Begins to read a socket that is full. */
  read (): void {
    this.#child.stdin?.end()
  }

  /** The first message from number `from` on that has this field, with this value if there is one. */
  async message (name: string, value?: string | RegExp, from = 0): Promise<Told> {
    for (;;) {
      const found = this.told.slice(from).find(({ fields }) => fields[name] !== undefined && (value === undefined || (typeof value === 'string' ? fields[name] === value : value.test(fields[name]))))
      if (found !== undefined) return found
      await once(this.#events, 'change')
    }
  }

  /** The messages about states, without watchdog and status. */
  get states (): string[] {
    return this.told.flatMap(({ fields }) => ['READY', 'RELOADING', 'STOPPING', 'MAINPID'].filter(name => name in fields))
  }
}
