import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fixturePath, type Line } from '../helper.js'

/** script(1) gives a program a terminal of its own; without it, nothing here can be tested. */
const noScript = (() => {
  try {
    execFileSync('script', ['--version'], { stdio: 'ignore' })
    return false
  } catch {
    return 'no script(1) here'
  }
})()

/** An app in a terminal, the terminal's process, and the app's log. */
class InTerminal {
  readonly terminal: ChildProcess
  readonly #log: string

  constructor (t: Test) {
    const folder = t.testdir({})
    this.#log = join(folder, 'log')
    const app = `${process.execPath} ${fixturePath('app.mjs')} > ${this.#log} 2>&1 < /dev/null`
    this.terminal = spawn('script', ['--quiet', '--command', app, '/dev/null'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { ...process.env, OPTIONS: JSON.stringify({ workers: 1 }), LISTEN: JSON.stringify({ port: 0, host: '127.0.0.1' }) }
    })
    t.teardown(() => {
      this.terminal.kill('SIGKILL')
      for (const pid of new Set(this.#lines().map(({ pid }) => pid))) {
        try {
          process.kill(pid, 'SIGKILL')
        } catch {} // it has ended
      }
    })
  }

  /** The first line of the log, past or to come, that has this event. */
  async event (name: string): Promise<Line> {
    const changes = watch(join(this.#log, '..'))
    try {
      for (;;) {
        const found = this.#lines().find(({ event }) => event === name)
        if (found !== undefined) return found
        await once(changes, 'change')
      }
    } finally {
      changes.close()
    }
  }

  close (): void {
    this.terminal.kill('SIGKILL')
  }

  #lines (): Line[] {
    if (!existsSync(this.#log)) return []
    return readFileSync(this.#log, 'utf8').split('\n').filter(line => line.startsWith('{') && line.endsWith('}')).map(line => JSON.parse(line))
  }
}

t.test('closing the terminal stops it', { skip: noScript }, async t => {
  const app = new InTerminal(t)
  await app.event('worker-ready')
  app.close()
  t.match(await app.event('stopped'), { msg: 'stopped' })
})

t.test('in a terminal that stays, SIGHUP reloads', { skip: noScript }, async t => {
  const app = new InTerminal(t)
  const { pid } = await app.event('worker-ready')
  process.kill(pid, 'SIGHUP')
  t.match(await app.event('reload-end'), { generation: 1 })
})
