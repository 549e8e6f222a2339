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

t.test('files that are written together are told of together, and those that are ignored are not', async t => {
  const { folder, next } = await watching(t, { 'a.js': '', 'ignored.js': '', lib: { 'b.js': '' } })
  for (const name of ['ignored.js', 'a.js', 'lib/b.js', 'new.js']) writeFileSync(join(folder, name), 'x')
  t.same(await next(), ['a.js', 'lib/b.js', 'new.js'])
})

t.test('what this process itself writes is no change, or each line of its log would lead to another', async t => {
  const { folder, next } = await watching(t, { 'a.js': '', out: '' }, 'out')
  appendFileSync(join(folder, 'out'), 'a line')
  writeFileSync(join(folder, 'a.js'), 'x')
  t.same(await next(), ['a.js'])
})

t.test('a file that is replaced by another, as editors save, is a change, again and again', async t => {
  const { folder, next } = await watching(t, { 'a.js': '' })
  for (const text of ['1', '2', '3']) {
    writeFileSync(join(folder, '.ignored'), text)
    renameSync(join(folder, '.ignored'), join(folder, 'a.js'))
    t.same(await next(), ['a.js'])
  }
})

t.test('a symbolic link that is there already is no change', async t => {
  const { folder, next } = await watching(t, { lib: { 'b.js': '' }, link: t.fixture('symlink', 'lib'), 'a.js': '' })
  writeFileSync(join(folder, 'a.js'), 'x')
  t.same(await next(), ['a.js'])
})

t.test('a folder may go and come back', async t => {
  const { folder, next } = await watching(t, { lib: { 'b.js': '' } })
  rmSync(join(folder, 'lib'), { recursive: true })
  t.same(await next(), ['lib/b.js'])
  mkdirSync(join(folder, 'lib'))
  writeFileSync(join(folder, 'lib/b.js'), '')
  t.same(await next(), ['lib/b.js'])
  appendFileSync(join(folder, 'lib/b.js'), 'x')
  t.same(await next(), ['lib/b.js'])
})

/** Watches nothing, by a clock that is turned by hand. */
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

t.test('what goes on changing is told of after a second all the same', async t => {
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
  t.test(`where the system has no room for more watchers (${code}) it is said, and the files are looked at in turn`, async t => {
    const { watcher, opened, lines } = create()
    const started = watcher.start()
    for (let i = 0; i < 2; i++) opened[0]?.emit('error', Object.assign(new Error('no room'), { code }))
    opened[0]?.emit('ready')
    t.same(opened.map(({ options, closings }) => [options.usePolling ?? false, closings]), [[false, 1], [true, 0]])
    t.match(lines, [{ event: 'watch-polls', level: 40, err: { code } }])
    opened[1]?.emit('ready')
    await started
    opened[1]?.emit('error', Object.assign(new Error('no room'), { code }))
    t.match([opened.length, lines.at(-1)], [2, { event: 'watch-error' }], 'there is no third way')
  })
}

t.test('another error is in the log', async t => {
  const { watcher, opened, lines } = create()
  watcher.start()
  opened[0]?.emit('error', Object.assign(new Error('broken disk'), { code: 'EIO' }))
  t.match(lines, [{ event: 'watch-error', level: 50, err: { code: 'EIO' } }])
  t.equal(opened.length, 1)
})
