import { EventEmitter } from 'node:events'
import { appendFileSync, closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import type { ChokidarOptions, FSWatcher, watch } from 'chokidar'
import t, { type Test } from 'tap'
import { SourceWatcher } from '../../../lib/cli/watch/source-watcher.js'
import { createLog, FakeClock } from '../../fakes.js'

/** Watches a real folder; `next` resolves with the next burst of changes. */
async function watching (t: Test, files: object, output?: string): Promise<{ folder: string, next: () => Promise<string[]> }> {
  const folder = t.testdir(files as Parameters<Test['testdir']>[0])
  const outputs = output === undefined ? [] : [openSync(join(folder, output), 'a')]
  t.teardown(() => { for (const fd of outputs) closeSync(fd) })
  const told = new EventEmitter()
  const bursts: string[][] = []
  const watcher = new SourceWatcher({
    paths: [folder],
    ignores: path => /^\.?ignored/.test(basename(path)),
    changed (paths) {
      bursts.push(paths.map(path => relative(folder, path)).sort())
      told.emit('burst')
    },
    outputs,
    log: createLog().log
  })
  t.teardown(async () => { await watcher.close() })
  await watcher.start()
  return {
    folder,
    async next () {
      if (bursts.length === 0) await new Promise(resolve => told.once('burst', resolve))
      return bursts.shift() as string[]
    }
  }
}

t.test('files written together are reported together, without the ignored ones', async t => {
  const { folder, next } = await watching(t, { 'a.js': '', 'ignored.js': '', lib: { 'b.js': '' } })
  for (const name of ['ignored.js', 'a.js', 'lib/b.js', 'new.js']) writeFileSync(join(folder, name), 'x')
  t.same(await next(), ['a.js', 'lib/b.js', 'new.js'])
})

t.test('files that this process itself writes do not count, or each log line would cause another one', async t => {
  const { folder, next } = await watching(t, { 'a.js': '', out: '' }, 'out')
  appendFileSync(join(folder, 'out'), 'a line')
  writeFileSync(join(folder, 'a.js'), 'x')
  t.same(await next(), ['a.js'])
})

t.test('replacing a file, as editors do when they save, is a change every time', async t => {
  const { folder, next } = await watching(t, { 'a.js': '' })
  for (const text of ['1', '2', '3']) {
    writeFileSync(join(folder, '.ignored'), text)
    renameSync(join(folder, '.ignored'), join(folder, 'a.js'))
    t.same(await next(), ['a.js'])
  }
})

t.test('an existing symbolic link is not a change', async t => {
  const { folder, next } = await watching(t, { lib: { 'b.js': '' }, link: t.fixture('symlink', 'lib'), 'a.js': '' })
  writeFileSync(join(folder, 'a.js'), 'x')
  t.same(await next(), ['a.js'])
})

t.test('a folder may disappear and come back', async t => {
  const { folder, next } = await watching(t, { lib: { 'b.js': '' } })
  rmSync(join(folder, 'lib'), { recursive: true })
  t.same(await next(), ['lib/b.js'])
  mkdirSync(join(folder, 'lib'))
  writeFileSync(join(folder, 'lib/b.js'), '')
  t.same(await next(), ['lib/b.js'])
  appendFileSync(join(folder, 'lib/b.js'), 'x')
  t.same(await next(), ['lib/b.js'])
})

/** Watches nothing, with a fake clock. */
function create () {
  const opened: Array<FSWatcher & { options: ChokidarOptions, closings: number }> = []
  const clock = new FakeClock()
  const { log, lines } = createLog()
  const told: string[][] = []
  const open = ((_paths: string[], options: ChokidarOptions) => {
    const watcher = Object.assign(new EventEmitter(), { options, closings: 0, async close () { watcher.closings++ } })
    opened.push(watcher as never)
    return watcher
  }) as unknown as typeof watch
  const watcher = new SourceWatcher({ paths: ['/p'], ignores: () => false, changed (paths) { told.push(paths) }, log, open, clock })
  return { watcher, opened, clock, told, lines }
}

t.test('a file that keeps changing is reported after a second nevertheless', async t => {
  const { watcher, opened, clock, told } = create()
  const started = watcher.start()
  opened[0]?.emit('ready')
  await started
  for (let i = 0; i < 20; i++) {
    opened[0]?.emit('all', 'change', '/p/a')
    clock.advance(60)
  }
  t.same(told, [['/p/a']])
  opened[0]?.emit('all', 'addDir', '/p/empty')
  clock.advance(1_000)
  t.equal(told.length, 2)
  await watcher.close()
  t.same([clock.waiting, opened[0]?.closings], [[], 1])
})

for (const code of ['ENOSPC', 'EMFILE']) {
  t.test(`if the system has no room for more watches (${code}), a warning is logged and the files are polled`, async t => {
    const { watcher, opened, lines } = create()
    const started = watcher.start()
    for (let i = 0; i < 2; i++) opened[0]?.emit('error', Object.assign(new Error('no room'), { code }))
    opened[0]?.emit('ready')
    t.same(opened.map(({ options, closings }) => [options.usePolling ?? false, closings]), [[false, 1], [true, 0]])
    t.match(lines, [{ event: 'watch-polls', level: 40, err: { code } }])
    opened[1]?.emit('ready')
    await started
    opened[1]?.emit('error', Object.assign(new Error('no room'), { code }))
    t.match([opened.length, lines.at(-1)], [2, { event: 'watch-error' }], 'there is no third attempt')
  })
}

t.test('other errors are logged', async t => {
  const { watcher, opened, lines } = create()
  watcher.start()
  opened[0]?.emit('error', Object.assign(new Error('broken disk'), { code: 'EIO' }))
  t.match(lines, [{ event: 'watch-error', level: 50, err: { code: 'EIO' } }])
  t.equal(opened.length, 1)
})
