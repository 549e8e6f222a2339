import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { App, appPath, command, hooked, withoutHooks } from '../helper.js'

const PLUGIN = appPath('plugin.mjs')

function serve (t: Test, pidfile: string, args: string[] = []): App {
  return command(t, [PLUGIN, '-n', '1', '-p', '0', '--pidfile', pidfile, ...args], hooked)
}

/** The pid of a process that has exited and has been reaped. */
async function deadPid (): Promise<number> {
  const child = spawn('true')
  await once(child, 'exit')
  return child.pid as number
}

function titleOf (pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replace(/\0.*$/s, '').trim()
}

t.test('--name is in the title of every process, and in every log line', async t => {
  const app = command(t, [PLUGIN, '-n', '2', '-p', '0', '--name', 'web α'], hooked)
  const [first, second] = await app.workers(2) as [number, number]
  await app.url()
  t.equal(titleOf(app.pid), 'web α: primary')
  t.equal(titleOf(first), 'web α: worker 1')
  t.equal(titleOf(second), 'web α: worker 2')
  await app.stop()
  t.strictSame(app.lines.filter(({ name }) => name !== 'web α'), [])
  t.ok(app.lines.some(({ pid }) => pid === first), 'a worker has written a line too')
})

t.test("--pidfile has the primary's pid while it runs, written before the port is bound, and no other file is left", async t => {
  const folder = t.testdir({})
  const pidfile = join(folder, 'app.pid')
  const app = serve(t, pidfile)
  await app.event('listening')
  t.equal(readFileSync(pidfile, 'utf8'), `${app.pid}\n`)
  t.strictSame(readdirSync(folder), ['app.pid'])
  t.strictSame(await app.stop(), { code: 0, signal: null })
  t.strictSame(readdirSync(folder), [])
})

t.test('the pidfile is removed when the start fails, too', async t => {
  const pidfile = join(t.testdir({}), 'app.pid')
  const app = command(t, [appPath('throws.mjs'), '-n', '1', '-p', '0', '--pidfile', pidfile], hooked)
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.notOk(existsSync(pidfile))
})

t.test('the pidfile of a living process is an error that names both, and is kept', async t => {
  const pidfile = join(t.testdir({ 'app.pid': `${process.pid}\n` }), 'app.pid')
  const app = serve(t, pidfile)
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.equal(app.text, `error: The pidfile ${pidfile} belongs to process ${process.pid}, which is running\n`)
  t.strictSame(app.lines, [])
  t.equal(readFileSync(pidfile, 'utf8'), `${process.pid}\n`)
})

t.test('the pidfile of a dead process is replaced', async t => {
  const pidfile = join(t.testdir({ 'app.pid': `${await deadPid()}\n` }), 'app.pid')
  const app = serve(t, pidfile)
  await app.event('listening')
  t.equal(readFileSync(pidfile, 'utf8'), `${app.pid}\n`)
})

t.test('a pidfile that now belongs to another process is kept', async t => {
  const pidfile = join(t.testdir({}), 'app.pid')
  const app = serve(t, pidfile)
  await app.event('listening')
  writeFileSync(pidfile, `${process.pid}\n`)
  await app.stop()
  t.equal(readFileSync(pidfile, 'utf8'), `${process.pid}\n`)
})

t.test('a FIFO at the path of a pidfile blocks neither the start nor the stop', async t => {
  const folder = t.testdir({})
  const fifo = join(folder, 'app.pid')
  execFileSync('mkfifo', [fifo])
  const app = serve(t, fifo)
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.equal(app.text, `error: The pidfile ${fifo} already exists and is not a pidfile\n`)

  const pidfile = join(folder, 'other.pid')
  const other = serve(t, pidfile)
  await other.event('listening')
  rmSync(pidfile)
  execFileSync('mkfifo', [pidfile])
  t.strictSame(await other.stop(), { code: 0, signal: null })
  t.strictSame(readdirSync(folder), ['app.pid', 'other.pid'], 'they are somebody else\'s')
})

t.test('a full disk leaves no pidfile behind', async t => {
  const folder = t.testdir({})
  const pidfile = join(folder, 'app.pid')
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
  // No file may grow at all, so that writes fail with EFBIG instead of ENOSPC.
  const app = new App(t, [cli, PLUGIN, '-n', '1', '-p', '0', '--pidfile', pidfile], process.env, undefined, [], [...withoutHooks(), 'bash', '-c', 'ulimit -f 0 && exec "$0" "$@"', process.execPath])
  t.strictSame(await app.ended, { code: 1, signal: null })
  t.equal(app.text, `error: The pidfile ${pidfile} cannot be written: EFBIG: file too large, write\n`)
  t.strictSame(readdirSync(folder), [])
})

t.test('a pidfile that cannot be written is one error, before anything is bound', async t => {
  const folder = t.testdir({ 'app.js': 'no pidfile' })
  const wrong = [
    { pidfile: join(folder, 'nowhere/app.pid'), says: /^error: The pidfile .*\/nowhere\/app\.pid cannot be written: ENOENT: .*\n$/ },
    { pidfile: join(folder, 'app.js'), says: /^error: The pidfile .*\/app\.js already exists and is not a pidfile\n$/ },
    { pidfile: folder, says: /^error: The pidfile .* already exists and is not a pidfile\n$/ }
  ]
  for (const { pidfile, says } of wrong) {
    const app = serve(t, pidfile)
    t.strictSame(await app.ended, { code: 1, signal: null })
    t.match(app.text, says)
    t.strictSame(app.lines, [])
  }
  t.strictSame(readdirSync(folder), ['app.js'])
  t.equal(readFileSync(join(folder, 'app.js'), 'utf8'), 'no pidfile')
})
