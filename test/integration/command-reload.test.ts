import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { command, request } from '../helper.js'

/** An app in a folder of its own, which a test can rewrite. */
function writable (t: Test, extension: string): { path: string, write: (answer: string) => void } {
  const path = join(t.testdir({}), `app.${extension}`)
  const write = (answer: string): void => {
    writeFileSync(path, `export default async function (fastify${extension === 'ts' ? ': any' : ''}) { fastify.get('/', async () => ${answer}) }\n`)
  }
  return { path, write }
}

for (const extension of ['mjs', 'ts']) {
  t.test(`SIGHUP serves the changed app: ${extension}`, async t => {
    const { path, write } = writable(t, extension)
    write("'old'")
    const app = command(t, [path, '-n', '2', '-p', '0', '--reload-concurrency', '2'])
    const url = await app.url()
    t.equal((await request(url)).body, 'old')
    write("'new'")
    process.kill(app.pid, 'SIGHUP')
    await app.event('reload-end')
    for (let i = 0; i < 4; i++) t.equal((await request(url)).body, 'new')
    t.same(await app.stop(), { code: 0, signal: null })
  })
}

t.test('if an app cannot be loaded any more, the old workers stay, and its error is logged', async t => {
  const { path, write } = writable(t, 'mjs')
  write("'old'")
  const app = command(t, [path, '-n', '1', '-p', '0'])
  const url = await app.url()
  write('}')
  process.kill(app.pid, 'SIGHUP')
  t.match((await app.event('reload-aborted')).err, { code: 'SHARED_PORT_ERR_WORKER_FAILED' })
  t.ok(app.lines.some(({ event, err }) => event === 'worker-exit' && JSON.stringify(err).includes('SyntaxError')), 'the worker has reported the reason')
  t.equal((await request(url)).body, 'old')
})
