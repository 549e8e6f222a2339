import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { attempt } from '../client.js'
import { appPath, freePort } from '../helper.js'
import { noTerminal, openTerminal } from '../in-terminal.js'

/** Milliseconds without an echo after which a terminal is stopped: one that runs echoes within one. */
const SILENCE = 2_000

const CTRL_S = '\x13'
const CTRL_Q = '\x11'

t.test('stopping the terminal with ^S stops no connection: the primary writes when it is read again', { skip: noTerminal }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'sf-'))
  const pidfile = join(folder, 'pid')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))
  // The workers log nothing at this level.
  const command = [process.execPath, cli, 'start', appPath('plugin.mjs'), '--workers', 1, '--port', port, '--pidfile', pidfile, '--log-level', 'warn'].join(' ')
  const terminal = await openTerminal(t, command)
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  let text = ''
  const { stdin, stdout } = terminal as ChildProcess & { stdin: Writable, stdout: Readable }
  stdout.on('data', data => { text += String(data) })

  while ((await attempt(url)).answer?.status !== 200) if (terminal.exitCode !== null || terminal.signalCode !== null) throw new Error(text)
  const pid = Number(readFileSync(pidfile, 'utf8'))
  await stop(terminal)
  process.kill(pid, 'SIGTTOU') // it can only log a warning about it
  for (let i = 0; i < 20; i++) t.equal((await attempt(url)).answer?.status, 200)
  t.notMatch(text, 'it stays at 1')
  stdin.write(CTRL_Q)
  while (!text.includes('cannot scale: the number of workers must be from 1 to 1024; it stays at 1')) await once(stdout, 'data')
  process.kill(pid, 'SIGTERM')
  t.same(await once(terminal, 'exit'), [0, null])
})

/** Types ^S. As long as the terminal echoes, it has not stopped. */
async function stop ({ stdin, stdout }: ChildProcess): Promise<void> {
  const echo = async (signal?: AbortSignal): Promise<unknown> => {
    stdin?.write('?')
    return await once(stdout as NonNullable<typeof stdout>, 'data', { signal })
  }
  await echo()
  stdin?.write(CTRL_S)
  for (let echoes = true; echoes;) echoes = await echo(AbortSignal.timeout(SILENCE)).then(() => true, () => false)
}
