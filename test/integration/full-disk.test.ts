import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { platform } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { Stats } from '../../types/index.js'
import { shortFolder } from '../fakes.js'
import { App, appPath, fixturePath, type Line, request } from '../helper.js'

const skip = platform() !== 'linux' && 'a Linux thing'
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** Runs a script with these arguments and its stdout redirected, in shell syntax. */
function led (t: Test, redirection: string, args: string[], env: NodeJS.ProcessEnv = {}): App {
  return new App(t, args, { ...process.env, ...env }, undefined, [], ['env', '-u', 'NODE_OPTIONS', 'bash', '-c', `exec "$0" "$@" ${redirection}`, process.execPath])
}

for (const [what, redirection, code] of [['is full', '> /dev/full', 'ENOSPC'], ['is read-only', '1< /dev/null', 'EBADF']] as const) {
  for (const level of ['info', 'silent']) {
    t.test(`the command reports that its stdout ${what}, and exits with 1: --log-level ${level}`, { skip }, async t => {
      const app = led(t, redirection, [cli, 'start', appPath('plugin.mjs'), '-n', '1', '-p', '0', '--log-level', level])
      t.same(await app.ended, { code: 1, signal: null })
      t.match(app.text, new RegExp(`^error: Cannot write to stdout: ${code}: [^\\n]+\\n$`))
      t.same(await app.leftBehind(), [])
    })
  }

  for (const args of [['--help'], ['--version'], ['config', appPath('plugin.mjs')]]) {
    t.test(`a subcommand reports that its stdout ${what}, and exits with 1: ${args[0]}`, { skip }, async t => {
      const app = led(t, redirection, [cli, ...args])
      t.same(await app.ended, { code: 1, signal: null })
      t.match(app.text, new RegExp(`^error: Cannot write to stdout: ${code}: [^\\n]+\\n$`))
    })
  }
}

t.test('an app with the plugin serves even if its stdout is full', { skip }, async t => {
  const socketPath = join(shortFolder(t), 'http')
  const app = led(t, '> /dev/full', [fixturePath('logs.mjs')], { OPTIONS: '{"workers":1}', LISTEN: JSON.stringify({ path: socketPath }) })
  await untilServed(app, socketPath, 1)
  t.same(await app.stop(), { code: 0, signal: null })
  t.same(await app.leftBehind(), [])
})

const modes: Record<string, (socketPath: string) => string[]> = {
  plugin: () => [fixturePath('logs.mjs')],
  'plugin, a logger that waits': () => [fixturePath('logs.mjs')],
  command: socketPath => [cli, 'start', appPath('logs.mjs'), '-n', '2', '-s', socketPath]
}

for (const [mode, args] of Object.entries(modes)) {
  t.test(`when the disk of the log is full, requests are served, and the number of lost lines is logged when there is room: ${mode}`, { skip }, async t => {
    const { app, socketPath, lines, limit } = await startWithFile(t, mode, args)
    const flood = async (): Promise<void> => {
      for (let i = 0; i < 8; i++) t.equal((await request('http://localhost/flood?lines=10&bytes=1000', { socketPath })).status, 200)
    }
    limit('full')
    await flood()
    const [first] = await workers(socketPath) as [Stats['workers'][number]]
    process.kill(first.pid as number, 'SIGKILL')
    await untilServed(app, socketPath, 2, first.id)
    await flood()
    limit('free')
    await flood()
    while (lines('lines-lost').length === 0) await sleep(10)
    t.ok(lines('lines-lost').every(({ lines }) => Number(lines) > 0))
    t.same(await app.stop(), { code: 0, signal: null })
  })

  t.test(`a stop while the disk of the log is full is like any other: ${mode}`, { skip }, async t => {
    const { app, socketPath, limit, ends } = await startWithFile(t, mode, args)
    limit('full')
    t.equal((await request('http://localhost/flood?lines=10&bytes=1000', { socketPath })).status, 200)
    t.same(await app.stop(), { code: 0, signal: null })
    t.same(readFileSync(ends, 'utf8').split('\n').filter(line => line.startsWith('worker')), ['worker 0', 'worker 0'])
    t.same(await app.leftBehind(), [])
  })
}

/** An app that logs to a file. A limit for the size of files makes the disk seem full: EFBIG instead of ENOSPC. */
async function startWithFile (t: Test, mode: string, args: (socketPath: string) => string[]) {
  const folder = shortFolder(t)
  const [file, socketPath, ends] = [join(folder, 'log'), join(folder, 'http'), join(folder, 'ends')]
  const app = led(t, `> ${file}`, args(socketPath), {
    OPTIONS: '{"workers":2}',
    LISTEN: JSON.stringify({ path: socketPath }),
    LOGGER: mode.includes('waits') ? 'sync' : 'default',
    ENDS: ends
  })
  await untilServed(app, socketPath, 2)
  return {
    app,
    socketPath,
    ends,
    /** The complete log lines with this event. */
    lines: (event: string): Line[] => readFileSync(file, 'utf8').split('\n').filter(line => line.includes(`"event":"${event}"`) && line.endsWith('}')).map(line => JSON.parse(line) as Line),
    /** Processes that start later inherit the primary's limit. The limit tears the next line. */
    limit (to: 'full' | 'free') {
      const most = to === 'free' ? 'unlimited' : String(statSync(file).size + 100)
      for (const pid of app.processes()) spawnSync('prlimit', ['--pid', String(pid), `--fsize=${most}:`])
    }
  }
}

/** Resolves when this many workers are ready, not counting `without`. */
async function untilServed (app: App, socketPath: string, count: number, without?: number): Promise<void> {
  for (;;) {
    if (app.child.exitCode !== null) throw new Error(app.text)
    if (existsSync(socketPath)) {
      const found = await workers(socketPath).catch(() => [])
      if (found.filter(({ state, id }) => state === 'ready' && id !== without).length === count) return
    }
    await sleep(10)
  }
}

async function workers (socketPath: string): Promise<Stats['workers']> {
  return (JSON.parse((await request('http://localhost/stats', { socketPath })).body) as Stats).workers
}
