import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { loadAddon } from '../../lib/lane/addon.js'
import { shortFolder } from '../fakes.js'
import { fixturePath, withoutHooks } from '../helper.js'
import { addonWithSteps } from './addon-with-steps.js'

/** Kills a parent whose child watches it; resolves with the child's output when it has exited. */
async function kill (t: Test, mode: string, env: NodeJS.ProcessEnv = {}): Promise<string[]> {
  const [program, ...args] = withoutHooks()
  const parent = spawn(program, [...args, process.execPath, fixturePath('native/parent.mjs'), mode], { stdio: ['ignore', 'pipe', 'inherit'], detached: true, env: { ...process.env, ...env } })
  t.teardown(() => {
    try {
      process.kill(-(parent.pid as number), 'SIGKILL')
    } catch {} // no process is left
  })
  const said: string[] = []
  const lines = createInterface({ input: parent.stdout }).on('line', line => {
    said.push(line)
    if (line === 'watches') parent.kill('SIGKILL')
  })
  await once(lines, 'close') // the child holds it too
  return said
}

t.test('a blocked process is killed after its parent has died', async t => {
  t.same(await kill(t, 'blocked'), ['watches'])
})

t.test('the same on a kernel without pidfd', async t => {
  const step = join(shortFolder(t), 'step')
  writeFileSync(step, `pidfd:${constants.errno.ENOSYS}`)
  t.same(await kill(t, 'blocked', { FD_LANE_PREBUILD: addonWithSteps(), FD_LANE_STEP: step }), ['watches'])
})

t.test('the process has as much time as allowed, which can be changed even after the parent has died', async t => {
  t.same(await kill(t, 'patient'), ['watches', 'orphan'])
})

t.test('a process that has ended the watch survives', async t => {
  t.same(await kill(t, 'unwatched'), ['watches', 'orphan'])
})

t.test('the watch of a thread ends with that thread, and leaks nothing', async t => {
  const count = (what: string): number => readdirSync(`/proc/self/${what}`).length
  const run = async (): Promise<void> => {
    const script = `
      import(${JSON.stringify(new URL('../../dist/lane/addon.js', import.meta.url).href)}).then(({ loadAddon }) => {
        loadAddon().watchParent(process.ppid, 1e6)
        require('node:worker_threads').parentPort.postMessage(require('node:fs').readdirSync('/proc/self/task').length)
      })`
    const thread = new Worker(script, { eval: true, execArgv: [], stdout: true })
    const exited = once(thread, 'exit')
    const [watching] = await once(thread, 'message') as [number]
    await exited
    t.ok(watching > count('task'), 'two threads fewer')
  }
  await run() // things that are made once
  const before = [count('task'), count('fd')]
  await run()
  t.same([count('task'), count('fd')], before)
})

t.test('using a watch that has ended, or something that is not a watch, is an error', async t => {
  const addon = loadAddon()
  const watch = addon.watchParent(process.ppid, 1e6)
  addon.setPatience(watch, 2 ** 52)
  addon.unwatch(watch)
  t.throws(() => { addon.unwatch(watch) }, { code: 'ERR_INVALID_STATE' })
  t.throws(() => { addon.setPatience(watch, 1) }, { code: 'ERR_INVALID_STATE' })
  t.throws(() => addon.watchParent(process.ppid, -1))
})

t.test('two copies of the package in one worker share one watch', async t => {
  const module = new URL('../../dist/worker/parent-watch.js', import.meta.url).href
  const script = `
    const [{ watchParent: first }, { watchParent: second }] = await Promise.all(['', '?copy'].map(copy => import('${module}' + copy)))
    if (first === second) throw new Error('there is one copy only')
    const { readdirSync } = await import('node:fs')
    const threads = () => readdirSync('/proc/self/task').length
    const watch = first(process.ppid)
    const before = threads()
    console.log(second(process.ppid) === watch && threads() === before)`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
  t.equal(stdout, 'true\n', stderr)
})

t.test("a process whose app has closed the watch's descriptors exits when it is done", async t => {
  const module = new URL('../../dist/worker/parent-watch.js', import.meta.url).href
  const script = `
    const { watchParent } = await import('${module}')
    const { closeSync, fstatSync, readdirSync, readFileSync } = await import('node:fs')
    const threads = () => readdirSync('/proc/self/task')
    const isOpen = fd => { try { return fstatSync(fd) !== undefined } catch { return false } } // that of readdir is not any more
    const open = () => readdirSync('/proc/self/fd').map(Number).filter(isOpen)
    const before = new Set(open())
    const others = new Set(threads())
    watchParent(process.ppid)
    const thread = threads().find(id => !others.has(id))
    while (!readFileSync('/proc/self/task/' + thread + '/stat', 'utf8').includes(') S ')); // it waits
    const ours = open().filter(fd => !before.has(fd))
    for (const fd of ours) closeSync(fd)
    console.log(ours.length)`
  const { stdout, status, signal } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL', env: { ...process.env, NODE_OPTIONS: '' } })
  t.same({ stdout, status, signal }, { stdout: '2\n', status: 0, signal: null })
})
