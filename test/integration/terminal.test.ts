import { once } from 'node:events'
import { existsSync, readFileSync, watch } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { Stats } from '../../types/index.js'
import { attempt, Exchange } from '../client.js'
import { appPath, fixturePath, freePort, type Line } from '../helper.js'
import { closeTerminal, noTerminal, openTerminal } from '../in-terminal.js'

const skip = noTerminal
const node = process.execPath
const cli = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** An app in a terminal that logs to a file. */
async function startLogging (t: Test): Promise<{ close: () => Promise<void>, event: (name: string) => Promise<Line> }> {
  const file = join(t.testdir({}), 'log')
  const terminal = await openTerminal(t, `exec ${node} ${fixturePath('app.mjs')} > ${file} 2>&1 < /dev/null`, {
    OPTIONS: JSON.stringify({ workers: 1 }),
    LISTEN: JSON.stringify({ port: 0, host: '127.0.0.1' })
  })
  return {
    close: async () => { await closeTerminal(terminal) },
    event: async name => await inFile(file, text => {
      return text.split('\n').filter(line => line.startsWith('{') && line.endsWith('}')).map(line => JSON.parse(line) as Line).find(({ event }) => event === name)
    })
  }
}

/** What `find` finds in a file, now or after it was written to. */
async function inFile<T> (file: string, find: (text: string) => T | undefined): Promise<T> {
  const changes = watch(join(file, '..'))
  try {
    for (;;) {
      const found = existsSync(file) ? find(readFileSync(file, 'utf8')) : undefined
      if (found !== undefined) return found
      await once(changes, 'change')
    }
  } finally {
    changes.close()
  }
}

t.test('closing the terminal stops the server', { skip }, async t => {
  const app = await startLogging(t)
  await app.event('worker-ready')
  await app.close()
  t.match(await app.event('stopped'), { msg: 'stopped' })
})

t.test('in a terminal that stays open, SIGHUP reloads', { skip }, async t => {
  const app = await startLogging(t)
  const { pid } = await app.event('worker-ready')
  process.kill(pid, 'SIGHUP')
  t.match(await app.event('reload-end'), { generation: 1 })
})

async function readyWorkers (url: string): Promise<number> {
  const { answer } = await attempt(`${url}/stats`)
  return answer === undefined ? 0 : (JSON.parse(answer.body) as Stats).workers.filter(({ state }) => state === 'ready').length
}

const modes: Record<string, (port: number) => string> = {
  plugin: () => fixturePath('logs.mjs'),
  'plugin, a logger that waits': () => fixturePath('logs.mjs'),
  command: port => `${cli} start ${appPath('logs.mjs')} --workers 2 --port ${port}`
}

for (const [mode, script] of Object.entries(modes)) {
  t.test(`if the log goes to a terminal that is closed, requests in progress are answered, and everything ends as at any stop: ${mode}`, { skip }, async t => {
    const ends = join(t.testdir({}), 'ends')
    const port = await freePort()
    // The shell forwards the signal, as a shell does for its jobs, and stays to report the primary's exit.
    const terminal = await openTerminal(t, `
      ${node} ${script(port)} &
      trap "kill -HUP $!" HUP
      while kill -0 $! 2> /dev/null; do wait $!; code=$?; done
      echo "primary $code" >> ${ends}`, {
      OPTIONS: JSON.stringify({ workers: 2 }),
      LISTEN: JSON.stringify({ port, host: '127.0.0.1' }),
      LOGGER: mode.includes('waits') ? 'sync' : 'default',
      ENDS: ends
    })
    terminal.stdout?.resume()
    const url = `http://127.0.0.1:${port}`
    while (await readyWorkers(url) < 2) await new Promise(setImmediate)
    const exchange = new Exchange(`${url}/wait`, { method: 'POST', headers: { 'content-type': 'text/plain', expect: '100-continue' } })
    await exchange.continued()
    await closeTerminal(terminal)
    await exchange.end('late')
    t.equal((await exchange.outcome).answer?.body, 'late')
    const text = await inFile(ends, text => text.includes('primary') ? text : undefined)
    t.same(text.trim().split('\n').sort(), [...(mode === 'command' ? [] : ['plugin 0']), 'primary 0', 'worker 0', 'worker 0'])
  })
}
