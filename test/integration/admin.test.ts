import { once } from 'node:events'
import http from 'node:http'
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type App, appPath, command, descriptors, freePort, hooked, request, start } from '../helper.js'
import { runtimeFolder } from '../runtime-folder.js'

const TOKEN = '0123456789abcdef'
const authorization = `Bearer ${TOKEN}`

/** An app of two workers that measures, with an admin server; whose address is `admin`. */
async function serve (t: Test, ...args: string[]): Promise<{ app: App, url: string, admin: string }> {
  const app = command(t, [appPath('measured.mjs'), '--workers', '2', '--port', '0', '--address', '127.0.0.1', '--admin', '127.0.0.1:0', '--admin-token', TOKEN, '--no-control', ...args], hooked)
  return { app, url: await app.url(), admin: String((await app.event('admin')).address) }
}

/** The value of one line of Prometheus' text format; of a name without labels, all its lines together. */
async function metric (admin: string, name: string): Promise<number> {
  const { body } = await request(`${admin}/metrics`)
  return body.split('\n').filter(line => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

async function metricBecomes (t: Test, admin: string, line: string, expected: number): Promise<void> {
  let value
  while ((value = await metric(admin, line)) !== expected && t.passing()) await new Promise(resolve => { setTimeout(resolve, 50) })
  t.equal(value, expected, line)
}

/** Server-sent events, as they come. */
async function * follow (admin: string): AsyncGenerator<{ event: string, data: any }> {
  const sent = http.get(`${admin}/events`, { agent: false })
  const [response] = await once(sent, 'response') as [http.IncomingMessage]
  for (const stream of [sent, response]) stream.on('error', () => {}) // it is cut off at the end
  let event = ''
  let rest = ''
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() as string
      for (const line of lines) {
        if (line.startsWith('event: ')) event = line.slice(7)
        if (line.startsWith('data: ')) yield { event, data: JSON.parse(line.slice(6)) }
      }
    }
  } finally {
    sent.destroy()
  }
}

t.test('it says whether the server lives and whether connections should come: not during closeDelay', async t => {
  const { app, url, admin } = await serve(t, '--close-delay', '60000')
  t.match(await request(`${admin}/livez`), { status: 200, body: '{"live":true}' })
  t.match(await request(`${admin}/readyz`), { status: 200, body: '{"ready":true}' })
  process.kill(app.pid, 'SIGTERM')
  await app.event('stop-announced')
  t.match(await request(`${admin}/readyz`), { status: 503, body: '{"ready":false}' })
  t.match(await request(`${admin}/livez`), { status: 200 })
  t.match(JSON.parse((await request(`${admin}/status`)).body), { state: 'stopping', ready: false, steerable: true })
  t.equal((await request(url)).status, 200)
  t.same(await app.stop('SIGINT'), { code: 0, signal: null })
})

t.test('it does not say ready before a worker is', async t => {
  const app = command(t, [appPath('never-ready.mjs'), '--port', '0', '--admin', '127.0.0.1:0', '--no-control'], hooked)
  const admin = String((await app.event('admin')).address)
  t.match(await request(`${admin}/readyz`), { status: 503 })
  t.match(JSON.parse((await request(`${admin}/status`)).body), { state: 'starting' })
})

t.test('the plugin has an admin server by the option, too', async t => {
  const app = start(t, 'server.mjs', { ...hooked, options: { workers: 2, admin: '127.0.0.1:0' } })
  await app.url()
  const admin = String((await app.event('admin')).address)
  t.match(JSON.parse((await request(`${admin}/status`)).body), { mode: 'plugin', pid: app.pid, steerable: false })
  t.match(await request(`${admin}/reload`, { method: 'POST', headers: { authorization } }), { status: 403 })
  t.same(await app.stop(), { code: 0, signal: null })
})

t.test('a port that is taken fails the start, and nothing is left', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const app = command(t, [appPath('plugin.mjs'), '--port', '0', '--admin', `127.0.0.1:${port}`], hooked)
  t.same(await app.ended, { code: 1, signal: null })
  t.match(app.lines.at(-1), { event: 'listen-failed', err: { code: 'EADDRINUSE', port } })
  t.same(await app.leftBehind(), [])
  taken.close()
})

t.test('an app whose admin server could not listen may try again, and all is as at the first time', async t => {
  const port = await freePort()
  const app = start(t, 'listens-twice.mjs', { options: { workers: 1, admin: port }, env: { AGAIN: 'yes' } })
  t.equal((await app.event('refused')).code, 'EADDRINUSE')
  await request(await app.url())
  const seen: string[] = []
  for await (const { event } of follow(`http://127.0.0.1:${port}`)) if (seen.push(event) === 4) break
  t.same(seen, ['history', 'status', 'status', 'status'])
  t.same(await app.stop(), { code: 0, signal: null })
})

t.test('a process whose listen() failed is not kept alive by its admin server', async t => {
  const app = start(t, 'listens-twice.mjs', { options: { workers: 1, admin: await freePort() }, listen: { port: 0, host: '203.0.113.1' }, env: { AGAIN: 'yes' } })
  t.same(await app.ended, { code: 0, signal: null })
  t.same(app.lines.filter(({ event }) => event === 'refused').map(({ code }) => code), ['EADDRINUSE', 'EADDRNOTAVAIL'])
})

t.test('metrics count what each slot does, over the ends of its workers', async t => {
  const { app, url, admin } = await serve(t)
  for (let i = 0; i < 4; i++) await request(url)
  await metricBecomes(t, admin, 'shared_fastify_requests_total', 4)
  await metricBecomes(t, admin, 'shared_fastify_request_duration_seconds_count', 4)
  t.equal(await metric(admin, 'shared_fastify_accepted_total'), 4)
  const first = await metric(admin, 'shared_fastify_requests_total{slot="0"}')
  t.equal(first + await metric(admin, 'shared_fastify_requests_total{slot="1"}'), 4)
  t.equal(await metric(admin, 'shared_fastify_workers{state="ready"}'), 2)
  t.ok(await metric(admin, 'shared_fastify_ack_seconds_count') > 0)
  process.kill((await app.workers(2))[0] as number, 'SIGKILL')
  await app.workers(3)
  t.equal(await metric(admin, 'shared_fastify_requests_total{slot="0"}'), first, 'what a dead worker has done stays done')
  t.equal(await metric(admin, 'shared_fastify_worker_restarts_total'), 1)
  t.match(await request(`${admin}/reload`, { method: 'POST', headers: { authorization } }), { status: 202, body: '{"generation":1}' })
  await app.event('reload-end')
  t.equal(await metric(admin, 'shared_fastify_requests_total'), 4)
  t.equal(await metric(admin, 'shared_fastify_reloads_total{result="completed"}'), 1)
  await app.stop()
})

t.test('what the app measures by prom-client is added up, and falls at no reload and no crash', async t => {
  const { app, url, admin } = await serve(t)
  for (let i = 0; i < 4; i++) await request(url)
  t.equal(await metric(admin, 'app_hits_total'), 4)
  t.equal(await metric(admin, 'app_size_bucket{kind="a",le="10"}'), 4)
  t.match((await request(`${admin}/metrics`)).body, /^app_unknown NaN$/m)
  process.kill((await app.workers(2))[0] as number, 'SIGKILL')
  await app.workers(3)
  t.equal(await metric(admin, 'app_hits_total'), 4, 'as it was when it was asked last')
  for (let i = 0; i < 4; i++) await request(url)
  await request(`${admin}/reload`, { method: 'POST', headers: { authorization } })
  await app.event('reload-end')
  t.equal(await metric(admin, 'app_hits_total'), 8, 'a worker that is asked to end says its last')
})

t.test('what a worker has measured that came and went between two scrapes counts', async t => {
  const { app, url, admin } = await serve(t)
  const reload = async (count: number): Promise<void> => {
    await request(`${admin}/reload`, { method: 'POST', headers: { authorization } })
    await app.events('reload-end', count)
  }
  t.equal(await metric(admin, 'app_hits_total'), 0)
  await reload(1)
  for (let i = 0; i < 4; i++) await request(url)
  await reload(2)
  t.equal(await metric(admin, 'app_hits_total'), 4)
})

t.test('what an app measures and cannot be written, or added up, takes nothing else along', async t => {
  const { app, url, admin } = await serve(t)
  for (const path of ['/odd', '/big']) {
    await request(url + path)
    t.equal(await metric(admin, 'shared_fastify_ready'), 1)
    await app.event('metrics-error', ({ pid }) => (pid === app.pid) === (path === '/odd'))
  }
  t.notOk(app.lines.some(({ event }) => event === 'worker-exit'))
  await app.stop()
})

t.test('what is no metric by the grammar of Prometheus is left out of a scrape, and told of once', async t => {
  const { app, url, admin } = await serve(t)
  await request(`${url}/forged`)
  for (let scrape = 0; scrape < 3; scrape++) {
    const { status, body } = await request(`${admin}/metrics`)
    t.equal(status, 200)
    t.match(body, /^toJSON 1$/m)
    t.match(body, /^app_hits_total 0$/m)
    t.same(body.match(/^shared_fastify_ready .*$/gm), ['shared_fastify_ready 1'])
    t.same(body.split('\n').filter(line => !/^(|# (HELP|TYPE) [a-zA-Z_:][\w:]* .*|[a-zA-Z_:][\w:]*(\{([a-z]\w*="([^"\\]|\\.)*",?)*\})? (NaN|[+-]Inf|[-+.e\d]+))$/i.test(line)), [])
  }
  t.match((await app.event('metrics-error')).msg, /of what the app of worker \d measures is left out: the metric 'quoted': .* is no name for a label; the metric 'typed': it has the type 'gauge\\nshared/)
  await app.stop()
  t.equal(app.lines.filter(({ event }) => event === 'metrics-error').length, 1)
})

t.test('a worker that does not answer keeps nobody from the metrics, and counts as it was', async t => {
  const { url, admin } = await serve(t)
  for (let i = 0; i < 4; i++) await request(url)
  t.equal(await metric(admin, 'app_hits_total'), 4)
  await request(`${url}/block?ms=4000`)
  await metricBecomes(t, admin, 'shared_fastify_silent_workers', 1)
  t.equal(await metric(admin, 'app_hits_total'), 4)
})

t.test('it is told as it happens: what there is, each second, and each event', async t => {
  const { app, admin } = await serve(t)
  const pids = await app.workers(2)
  const seen: string[] = []
  for await (const { event, data } of follow(admin)) {
    if (seen.length === 0) t.match([event, data], ['history', { interval: 1_000, happened: [{ event: 'worker-start' }] }])
    if (seen.length === 1) {
      t.match([event, data], ['status', { pid: app.pid, steerable: true, workers: [{ pid: pids[0], slot: 0 }, { pid: pids[1], slot: 1 }] }])
      process.kill(pids[1] as number, 'SIGKILL')
    }
    seen.push(event)
    if (data.event === 'worker-exit') t.match(data, { id: 2, slot: 1, pid: pids[1], code: null, signal: 'SIGKILL', asked: false })
    if (data.event === 'worker-ready') {
      t.match(data, { id: 3, slot: 1, generation: 0 })
      break
    }
  }
  const later = follow(admin)
  const { value: { data } } = await later.next()
  await later.return(undefined)
  t.match(data.happened.map(({ event }: { event: string }) => event), ['worker-start', 'worker-start', 'worker-ready', 'worker-ready', 'worker-exit', 'worker-start', 'worker-ready'], 'whoever comes later is told what was before')
  await app.stop()
})

t.test('who asks for the events again and again on one connection is told once, and leaves nothing behind', async t => {
  const { admin } = await serve(t)
  const socket = connect(Number(new URL(admin).port), '127.0.0.1').on('error', () => {})
  socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(16))
  await once(socket, 'data')
  for await (const { event } of follow(admin)) if (event === 'status') break
  socket.destroy()
  for (let streams = 0; streams < 70; streams++) {
    const events = follow(admin)
    t.match(await events.next(), { value: { event: 'history' } })
    await events.return(undefined)
  }
  t.match(await request(`${admin}/events`, { method: 'HEAD' }), { status: 404 })
})

t.test('whoever follows the events next takes the place of the one that has for longest', async t => {
  const { admin } = await serve(t)
  const following = []
  for (let i = 0; i < 65; i++) {
    const events = follow(admin)
    t.match(await events.next(), { value: { event: 'history' } })
    following.push(events)
  }
  const [first, ...others] = following
  await t.rejects(async () => { while ((await first?.next())?.done !== true); }, { code: 'ECONNRESET' })
  for (const events of others) t.match(await events.next(), { value: { event: 'status' } })
  for (const events of others) await events.return(undefined)
})

/** Connections that hold on to whatever they get: they follow, drip a body, never end their headers, never read, never ask. */
function besiege (target: NetConnectOpts, times: number): Socket[] {
  return ['GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n', 'POST /scale HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{', 'GET / HTTP/1.1\r\nHost: lo', 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n', '']
    .flatMap(text => Array.from({ length: times }, () => {
      const socket = connect(target, () => { socket.write(text) }).on('error', () => {}).pause()
      return socket
    }))
}

t.test('nobody keeps others from the health checks and the metrics, at the admin server or the control socket', async t => {
  const { env } = runtimeFolder(t)
  const socketPath = join(env.TMPDIR, 'control')
  const app = command(t, [appPath('measured.mjs'), '--workers', '2', '--port', '0', '--address', '127.0.0.1', '--admin', '127.0.0.1:0', '--control', socketPath], { ...hooked, env })
  const url = await app.url()
  const admin = String((await app.event('admin')).address)
  const { port } = new URL(admin)
  for (const [target, options] of [[{ port: Number(port), host: '127.0.0.1' }, {}], [{ path: socketPath }, { socketPath }]] as Array<[NetConnectOpts, http.RequestOptions]>) {
    const held = besiege(target, 64)
    await Promise.all(held.map(async socket => { if (socket.connecting) await Promise.race([once(socket, 'connect'), once(socket, 'close')]) }))
    for (let round = 0; round < 5; round++) {
      for (const path of ['/livez', '/readyz', '/metrics', '/status']) t.equal((await request(admin + path, options)).status, 200, path)
    }
    t.ok(descriptors(app.pid) < 128 + 100, 'and the descriptors stay the app\'s')
    for (const socket of held) socket.destroy()
  }
  t.equal((await request(url)).status, 200)
  await app.stop()
})

t.test('only who says the token steers', async t => {
  const { app, admin } = await serve(t)
  const post = async (path: string, headers: http.OutgoingHttpHeaders, body = ''): Promise<number> => (await request(`${admin}${path}`, { method: 'POST', headers, body })).status
  for (const wrong of [{}, { authorization: 'Bearer' }, { authorization: `Bearer ${TOKEN}x` }, { authorization: `Basic ${TOKEN}` }, { authorization: `Bearer ${TOKEN.slice(1)}` }]) {
    t.equal(await post('/reload', wrong), 401, JSON.stringify(wrong))
    t.equal(await post('/scale', { ...wrong, 'content-type': 'application/json' }, '{"workers":1}'), 401)
  }
  t.equal(await post('/stop', { authorization }), 404, 'stop is of the control socket alone')
  t.equal(await post('/scale', { authorization, 'content-type': 'application/json' }, '{"workers":3}'), 202)
  await app.workers(3)
  t.equal(app.lines.some(({ event }) => event === 'reload-start'), false)
  await app.stop()
})

t.test('a token that cannot be is not shown', async t => {
  const app = command(t, [appPath('plugin.mjs'), '--admin', '127.0.0.1:0', '--admin-token', 'short-secret'])
  t.match(await app.ended, { code: 2 })
  t.match(app.text, /--admin-token must be at least 16 letters.*got '\*\*\*'/)
  t.notMatch(app.text, /short-secret/)
})

for (const { by, args, env } of [
  { by: 'the environment', args: [], env: { FASTIFY_ADMIN_TOKEN: TOKEN } },
  { by: 'a flag', args: ['--admin-token', TOKEN], env: {} },
  { by: 'a flag in one word', args: [`--admin-token=${TOKEN}`], env: {} }
]) {
  t.test(`the token, given by ${by}, is neither in the environment nor in the arguments of the workers`, async t => {
    const app = command(t, [appPath('measured.mjs'), ...args, '--workers', '1', '--port', '0', '--admin', '127.0.0.1:0', '--no-control', '--', '--mine'], { ...hooked, env })
    const url = await app.url()
    const { body } = await request(`${url}/environment`)
    t.notMatch(body, TOKEN)
    t.match(body, /"--no-control","--","--mine"\]/)
    t.match(await request(`${String((await app.event('admin')).address)}/reload`, { method: 'POST', headers: { authorization } }), { status: 202 })
  })
}

t.test('a page elsewhere can neither look nor steer', async t => {
  const { app, admin } = await serve(t, '--admin-host', 'admin.example.org')
  const { host, port } = new URL(admin)
  const get = async (name: string): Promise<number> => (await request(`${admin}/status`, { headers: { host: name } })).status
  for (const name of [host, `localhost:${port}`, `[::1]:${port}`, 'admin.example.org', 'ADMIN.example.org:80', 'app.localhost']) t.equal(await get(name), 200, name)
  for (const name of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example']) t.equal(await get(name), 421, name)
  const post = async (headers: http.OutgoingHttpHeaders): Promise<number> => (await request(`${admin}/reload`, { method: 'POST', headers: { authorization, ...headers } })).status
  for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { origin: `http://localhost:${port}` }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
    t.equal(await post(headers), 403, JSON.stringify(headers))
  }
  t.equal(await post({ origin: admin, 'sec-fetch-site': 'same-origin' }), 202)
  const seen = async (path: string, headers: http.OutgoingHttpHeaders): Promise<number> => (await request(admin + path, { headers })).status
  for (const path of ['/events', '/metrics', '/status', '/']) {
    for (const headers of [{ origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }]) {
      t.equal(await seen(path, headers), 403, `${path} ${JSON.stringify(headers)}`)
    }
  }
  for (const path of ['/', '/status', '/metrics']) {
    for (const headers of [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }, { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }, { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }]) {
      t.equal(await seen(path, headers), 200, `${path} ${JSON.stringify(headers)}`)
    }
  }
  await app.stop()
})

t.test('a health check without a Host header is answered', async t => {
  const { admin } = await serve(t)
  const socket = connect(Number(new URL(admin).port), '127.0.0.1').setEncoding('utf8')
  socket.write('GET /readyz HTTP/1.0\r\n\r\n')
  t.match((await socket.toArray()).join(''), /^HTTP\/1.1 200 /)
})

t.test('the page comes with a policy that lets nothing from elsewhere in', async t => {
  const { admin } = await serve(t)
  const { status, headers, body } = await request(admin)
  t.equal(status, 200)
  t.match(headers, { 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff', 'content-security-policy': /default-src 'none'; script-src 'self';.* frame-ancestors 'none'/ })
  const files = [...body.matchAll(/(?:src|href)="((?!data:)[^"#]+)"/g)].map(([, name]) => name as string)
  t.ok(files.length > 1)
  for (const name of files) t.equal((await request(new URL(name, `${admin}/`).href)).status, 200, name)
})
