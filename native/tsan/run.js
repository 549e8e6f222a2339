// Runs the lot (lot.h) between threads that play a worker's event loop, the primary and clients, for a limited
// time with each of ThreadSanitizer, and AddressSanitizer with UndefinedBehaviorSanitizer.
//
//   npm run test:tsan               5 seconds each
//   npm run test:tsan -- 60         60 seconds each
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const seconds = process.argv[2] ?? '5'
const folder = dirname(fileURLToPath(import.meta.url))
const build = join(folder, 'build')

mkdirSync(build, { recursive: true })
for (const sanitizers of ['thread', 'address,undefined']) {
  const program = join(build, `lot-${sanitizers.replace(',', '-')}`)
  console.log(`# ${sanitizers}`)
  // The lot does not use all of frame.h.
  run('cc', ['-std=gnu11', '-Wall', '-Wextra', '-Wno-unused-function', '-g', '-O1', `-fsanitize=${sanitizers}`, '-fno-sanitize-recover=all', '-o', program, join(folder, 'lot.c'), '-lpthread'])
  run(program, [seconds])
}
console.log('no report')

function run (command, args) {
  const { status, signal, error } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, TSAN_OPTIONS: 'halt_on_error=1' } })
  if (status === 0) return
  console.error(`${command} ended with ${error?.code ?? signal ?? `code ${status}`}`)
  process.exit(1)
}
