// Fuzzes the addon's readers of frames and acks, and the take-back, with libFuzzer, for a limited time. Needs
// clang with its fuzzer runtime (Debian: apt-get install clang-14 libclang-rt-14-dev).
//
//   npm run fuzz               60 seconds
//   npm run fuzz -- 600        600 seconds
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const seconds = Number(process.argv[2] ?? 60)
const folder = dirname(fileURLToPath(import.meta.url))
const build = join(folder, 'build')
const clang = ['clang', 'clang-14', 'clang-15', 'clang-16'].find(name => spawnSync(name, ['--version']).status === 0)
if (clang === undefined) {
  console.error('fuzz: there is no clang here')
  process.exit(1)
}

mkdirSync(join(build, 'corpus'), { recursive: true })
run(clang, ['-std=gnu11', '-g', '-O1', '-fsanitize=fuzzer,address,undefined', '-fno-sanitize-recover=undefined', '-o', join(build, 'frame_receive'), join(folder, 'frame_receive.c')])
run(join(build, 'frame_receive'), [`-max_total_time=${seconds}`, '-max_len=2048', '-print_final_stats=1', join(build, 'corpus')])

function run (command, args) {
  const { status } = spawnSync(command, args, { cwd: build, stdio: 'inherit' })
  if (status !== 0) process.exit(1)
}
