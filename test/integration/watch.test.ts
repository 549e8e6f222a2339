import { once } from 'node:events'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { dirname, join, relative } from 'node:path'
import t, { type Test } from 'tap'
import WebSocket from 'ws'
import { attempt } from '../client.js'
import { RawClient } from '../clients.js'
import { type App, command, hooked, type Line, perLane, request } from '../helper.js'

/** A project in development, served with `--watch`. */
interface Project {
  app: App
  url: string
  folder: string
  write: (name: string, text: string) => void
}

async function develop (t: Test, files: Record<string, string>, args: string[] = [], { env = {}, from = '.', hooked = false }: { env?: NodeJS.ProcessEnv, from?: string, hooked?: boolean } = {}): Promise<Project> {
  const folder = t.testdir({})
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  for (const [name, text] of Object.entries({ 'package.json': '{ "type": "module" }', ...files })) write(name, text)
  const [main] = Object.keys(files) as [string]
  const app = command(t, [relative(join(folder, from), join(folder, main)), '-w', '-p', '0', '-a', '127.0.0.1', ...args], { cwd: join(folder, from), env, hooked })
  return { app, url: await app.url(), folder, write }
}

/** The source of an app with this answer. */
function answers (body: string): string {
  return `export default async function (fastify) { fastify.get('/', async () => ${body}) }\n`
}

/** The restarts so far, each with the changed files. */
function restarts (app: App): unknown[] {
  return app.lines.filter(({ event }) => event === 'restart').map(({ changed }) => changed)
}

perLane(t, 'a request during a restart waits, and is answered by the new code', async (t, lane) => {
  const gate = join(t.testdir({}), '..', `${lane}-gate`)
  rmSync(gate, { force: true })
  const { app, url, write } = await develop(t, { 'app.js': answers("'old'") }, ['--lane', lane])
  t.equal((await request(url)).body, 'old')
  write('app.js', `import { existsSync } from 'node:fs'
    import { setTimeout } from 'node:timers/promises'
    while (!existsSync(${JSON.stringify(gate)})) await setTimeout(10)
    ${answers("'new'")}`)
  t.match(await app.event('restart'), { generation: 1, changed: ['app.js'] })
  const clients = [await RawClient.connect(t, url), await RawClient.connect(t, url)]
  for (const client of clients) client.get('/')
  writeFileSync(gate, '')
  t.teardown(() => { rmSync(gate) })
  for (const client of clients) t.match(await client.answer(), { status: 200, body: 'new' })
  t.equal(app.lines.filter(({ event }) => event === 'worker-ready').length, 2, 'there is one worker at a time')
})

t.test('five saves under load: no request is refused or fails, and none is answered by older code', async t => {
  const { app, url, write } = await develop(t, { 'app.js': answers('0') })
  await app.event('worker-ready')
  let saving = true
  let count = 0
  const ask = async (agent: http.Agent | false): Promise<number> => {
    for (let last = 0; ; count++) {
      const { answer, error } = await attempt(url, { agent })
      if (answer?.status !== 200) throw new Error(`request ${count} failed: ${JSON.stringify(answer)} ${String(error)}`)
      if (Number(answer.body) < last) throw new Error(`request ${count} was answered by the code of save ${answer.body}, after that of ${last}`)
      last = Number(answer.body)
      if (!saving && count >= 300) return last
    }
  }
  const agents = [1, 2].map(() => new http.Agent({ keepAlive: true, maxSockets: 1 }))
  t.teardown(() => { for (const agent of agents) agent.destroy() })
  const clients = Promise.all([...agents, false as const, false as const].map(ask))
  for (let save = 1; save <= 5; save++) {
    write('app.js', answers(String(save)))
    await Promise.race([app.events('worker-ready', save + 1), clients])
  }
  saving = false
  t.same(await clients, [5, 5, 5, 5])
  t.same(app.failures, [])
})

perLane(t, 'a syntax error is shown with its location, in the log and to clients, until it is fixed', async (t, lane) => {
  const { app, url, write } = await develop(t, { 'app.js': answers("'old'") }, ['--lane', lane])
  t.equal((await request(url)).body, 'old')
  write('lib/broken.js', '\nexport const a = = 1 // here\n')
  write('app.js', "import './lib/broken.js'\n")
  await app.event('restart-failed')
  for (let i = 0; i < 3; i++) {
    t.match(await request(url), {
      status: 503,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', connection: 'close' },
      body: /lib\/broken\.js:2\nexport const a = = 1 \/\/ here\n {17}\^\nSyntaxError: Unexpected token '='/
    })
  }
  t.match(await app.event('worker-exit', ({ level }) => level >= 50), { err: { message: /Unexpected token '='/, stack: /lib\/broken\.js:2/ } })
  write('app.js', answers("'mended'"))
  await app.workers(2) // the two files above may have caused two restarts
  t.match(await request(url), { status: 200, body: 'mended' })
  t.same(await app.stop(), { code: 0, signal: null })
})

t.test('failing starts do not end the command, neither the first nor the next', async t => {
  const { app, url, write } = await develop(t, { 'app.js': "throw new Error('broken from the start')\n" }, [], hooked)
  await app.event('restart-failed')
  t.match(await request(url), { status: 503, body: /Error: broken from the start\n {4}at .*app\.js:1/ })
  write('app.js', "export default async function () { throw new Error('broken in its plugin') }\n")
  await app.events('restart-failed', 2)
  t.match(await request(url), { status: 503, body: /broken in its plugin/ })
  write('app.js', answers("'mended'"))
  await app.events('restart', 2)
  t.match(await request(url), { status: 200, body: 'mended' })
  t.same(await app.stop(), { code: 0, signal: null })
})

t.test('during an outage, clients of an app with TLS are reset', async t => {
  const { app, url, write } = await develop(t, {
    'app.js': `import Fastify from 'fastify'
    export default Fastify({ https: {} })`
  })
  await app.event('worker-ready')
  write('app.js', "throw new Error('broken')")
  await app.event('restart-failed')
  await t.rejects(request(url.replace('https', 'http')), { code: 'ECONNRESET' }) // before it has connected, or after
})

t.test('it may be started from above the project, and from a folder beside the app', async t => {
  for (const from of ['..', 'scripts']) {
    await t.test(from, async t => {
      const { app, url, write } = await develop(t, { 'app.js': answers("'old'"), 'scripts/.env': '' }, [], { from })
      await app.event('worker-ready')
      write('app.js', answers("'new'"))
      await app.event('restart')
      t.equal((await request(url)).body, 'new')
      t.equal(restarts(app).length, 1)
    })
  }
})

t.test('installed packages, build output and files ignored by .gitignore or --watch-ignore restart nothing', async t => {
  const ignored = ['node_modules/dependency/index.js', 'dist/app.js', 'local/a.js', 'data/b.json', 'notes.md']
  const { app, write } = await develop(t, { 'app.js': answers("''"), '.gitignore': 'local/\n' }, ['--watch-ignore', 'data', '--watch-ignore', './*.md'])
  await app.event('worker-ready')
  for (const name of ignored) write(name, 'x')
  write('lib/new.js', '')
  t.match(await app.event('restart'), { generation: 1, changed: ['lib/new.js'], msg: 'restart 1: lib/new.js changed' })
  for (const name of ignored) write(name, 'y')
  write('lib/new.js', 'export {}')
  await app.events('restart', 2)
  t.same(restarts(app), [['lib/new.js'], ['lib/new.js']])
})

t.test('files that are saved together, and by renaming, cause one restart', async t => {
  const names = ['a', 'b', 'c', 'd']
  const app = names.map(name => `import ${name} from './${name}.js'`).join('\n') + '\n' + answers(names.join(' + '))
  const files = (text: string): Array<[string, string]> => names.map(name => [`${name}.js`, `export default '${text}'\n`])
  const { app: running, url, folder, write } = await develop(t, { 'app.js': app, ...Object.fromEntries(files('1')) })
  t.equal((await request(url)).body, '1111')
  for (const text of ['2', '3']) {
    for (const [name, content] of files(text)) {
      write(`${name}.tmp`, content)
      renameSync(join(folder, `${name}.tmp`), join(folder, name))
    }
    await running.events('restart', Number(text) - 1)
    t.equal((await request(url)).body, text.repeat(4))
  }
  t.match(restarts(running).map(changed => (changed as string[]).toSorted()), [['a.js', 'b.js', 'c.js', 'd.js'], ['a.js', 'b.js', 'c.js', 'd.js']])
})

t.test('an app in TypeScript, and its errors', async t => {
  const text = (answer: string): string => `export default async function (fastify: { get: Function }) { fastify.get('/', async () => ${answer}) }\n`
  const { app, url, write } = await develop(t, { 'src/app.ts': text("'one'"), 'tsconfig.json': '{ "compilerOptions": { "outDir": "out" } }' })
  t.equal((await request(url)).body, 'one')
  write('out/app.js', '')
  write('src/app.ts', text("'two' as string"))
  t.match(await app.event('restart'), { changed: ['src/app.ts'] })
  t.equal((await request(url)).body, 'two')
  write('src/app.ts', 'const enum = 1')
  await app.event('restart-failed')
  t.match(await request(url), { status: 503, body: /src\/app\.ts:1:\d+: ERROR: / })
})

t.test('.env is read again, and other variables stay', async t => {
  const { app, url, write } = await develop(t, { 'app.js': answers("process.env.OF_FILE + ' ' + process.env.OF_BOTH"), '.gitignore': '.env', '.env': 'OF_FILE=1\nOF_BOTH=file\n' }, [], { env: { OF_BOTH: 'environment' } })
  t.equal((await request(url)).body, '1 environment')
  write('.env', 'OF_FILE=2\nOF_BOTH=file\n')
  t.match(await app.event('restart'), { changed: ['.env'] })
  t.equal((await request(url)).body, '2 environment')
  write('.env', '')
  await app.events('restart', 2)
  t.equal((await request(url)).body, 'undefined environment')
})

t.test("the old worker's connections delay nothing: a WebSocket is told to reconnect, a request is finished", async t => {
  const { app, url, write } = await develop(t, {
    'app.js': `import websocket from '@fastify/websocket'
    export default async function (fastify) {
      await fastify.register(websocket)
      fastify.get('/ws', { websocket: true }, socket => { socket.send('hello') })
      fastify.post('/', async request => 'old ' + request.body.name)
    }`
  }, ['--grace', '600000'])
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`)
  t.teardown(() => { socket.terminate() })
  await once(socket, 'message')
  const upload = await RawClient.connect(t, url)
  upload.post('/', 15, { 'Content-Type': 'application/json', Expect: '100-continue' })
  await upload.until('\r\n\r\n')
  write('app.js', answers("'new'"))
  t.equal((await once(socket, 'close'))[0], 1012)
  await app.events('worker-ready', 2)
  t.equal((await request(url)).body, 'new')
  upload.write('{"name":"file"}')
  t.match(await upload.answer(), { body: 'old file', headers: { connection: 'keep-alive' } })
  t.match(await app.event('worker-exit'), { workerId: 1, code: 0 } satisfies Partial<Line>)
})
