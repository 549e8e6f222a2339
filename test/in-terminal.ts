import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { platform } from 'node:os'
import type { Test } from 'tap'
import { withoutHooks } from './helper.js'
import { killAtEnd, killChildAtEnd } from './reaper.js'

/** Part of util-linux. Runs a command in a new terminal, whose input is the command's stdin. */
const SCRIPT = '/usr/bin/script'

/** The reason why tests in a terminal are skipped, if they are. */
export const noTerminal = (platform() !== 'linux' || !existsSync(SCRIPT)) && 'no script(1) of util-linux here'

/** Runs a shell command in a new terminal. Its processes are one group, which is killed at the end of the test. */
export async function openTerminal (t: Test, command: string, env: NodeJS.ProcessEnv = {}): Promise<ChildProcess> {
  const [program, ...args] = [...withoutHooks(), SCRIPT, '-qfec', command, '/dev/null'] as [string, ...string[]]
  const terminal = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  killChildAtEnd(terminal)
  const leader = await childOf(terminal.pid as number)
  killAtEnd(-leader)
  t.teardown(() => {
    terminal.kill('SIGKILL')
    try {
      process.kill(-leader, 'SIGKILL')
    } catch {} // no process is left
  })
  return terminal
}

/** Resolves when no process has the other side of the terminal open. */
export async function closeTerminal (terminal: ChildProcess): Promise<void> {
  terminal.kill('SIGKILL')
  await once(terminal, 'exit')
}

async function childOf (pid: number): Promise<number> {
  for (;;) {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    if (child !== '') return Number(child)
    await new Promise(setImmediate)
  }
}
