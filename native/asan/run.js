// Runs the addon's tests with AddressSanitizer (and its leak checker) and UndefinedBehaviorSanitizer. The
// sanitizer's runtime must be loaded before everything else, so node itself is started with it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const TESTS = ['test/lane/addon.test.ts', 'test/lane/kept-addon.test.ts', 'test/native/parent.test.ts', 'test/native/steps.test.ts', 'test/native/kept-steps.test.ts', 'test/native/rough.test.ts', 'test/native/stress.test.ts']

const folder = dirname(fileURLToPath(import.meta.url))
const root = join(folder, '../..')

run(process.execPath, [join(folder, '../build.js'), 'asan'], process.env)
const preload = spawnSync('cc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).stdout.trim()
const reports = mkdtempSync(join(tmpdir(), 'shared-fastify-asan-'))
const env = {
  ...process.env,
  LD_PRELOAD: preload,
  FD_LANE_PREBUILD: folder,
  // Two frames of context. With more, the report is full of objects that V8 never frees.
  ASAN_OPTIONS: `detect_leaks=1:malloc_context_size=2:exitcode=99:log_path=${reports}/report`,
  UBSAN_OPTIONS: 'print_stacktrace=1',
  LSAN_OPTIONS: `suppressions=${join(folder, 'lsan.supp')}:print_suppressions=0`,
  TAP_TIMEOUT: '900', // seconds, because everything is slower here
  HANDOFFS: process.env.HANDOFFS ?? '20000'
}
for (const test of TESTS) {
  console.log(`# ${test}`)
  run(process.execPath, ['--import', 'tsx', test], env)
}
// Includes the reports of processes that the tests start: primaries, and workers that are not killed.
const found = readdirSync(reports)
for (const file of found) console.error(readFileSync(join(reports, file), 'utf8'))
rmSync(reports, { recursive: true })
if (found.length > 0) process.exit(1)
console.log('no report')

function run (command, args, env) {
  const { status, signal } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit' })
  if (status === 0) return
  console.error(`${args.at(-1)} ended with ${signal ?? `code ${status}`}${status === 99 ? ': a sanitizer has something to report' : ''}`)
  process.exit(1)
}
