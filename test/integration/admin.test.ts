import { once } from 'node:events'
import http from 'node:http'
import { connect, createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { authorization, follow, serve, TOKEN } from '../admin-server.js'
import { appPath, command, freePort, hooked, request, start } from '../helper.js'

t.test('the health checks say whether the server is alive and ready: not ready during closeDelay', async t => {
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

t.test('the server is not ready before a worker is', async t => {
  const app = command(t, [appPath('never-ready.mjs'), '--port', '0', '--admin', '127.0.0.1:0', '--no-control'], hooked)
  const admin = String((await app.event('admin')).address)
  t.match(await request(`${admin}/readyz`), { status: 503 })
  t.match(JSON.parse((await request(`${admin}/status`)).body), { state: 'starting' })
})

t.test('the plugin has the option for an admin server, too', async t => {
  const app = start(t, 'server.mjs', { ...hooked, options: { workers: 2, admin: '127.0.0.1:0' } })
  await app.url()
  const admin = String((await app.event('admin')).address)
  t.match(JSON.parse((await request(`${admin}/status`)).body), { mode: 'plugin', pid: app.pid, steerable: false })
  t.match(await request(`${admin}/reload`, { method: 'POST', headers: { authorization } }), { status: 403 })
  t.same(await app.stop(), { code: 0, signal: null })
})

t.test('a port in use fails the start, and leaves nothing behind', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const app = command(t, [appPath('plugin.mjs'), '--port', '0', '--admin', `127.0.0.1:${port}`], hooked)
  t.same(await app.ended, { code: 1, signal: null })
  t.match(app.lines.at(-1), { event: 'listen-failed', err: { code: 'EADDRINUSE', port } })
  t.same(await app.leftBehind(), [])
  taken.close()
})

t.test('an app whose admin server could not listen may try again, as if for the first time', async t => {
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

t.test('only a client with the token may make changes', async t => {
  const { app, admin } = await serve(t)
  const post = async (path: string, headers: http.OutgoingHttpHeaders, body = ''): Promise<number> => (await request(`${admin}${path}`, { method: 'POST', headers, body })).status
  for (const wrong of [{}, { authorization: 'Bearer' }, { authorization: `Bearer ${TOKEN}x` }, { authorization: `Basic ${TOKEN}` }, { authorization: `Bearer ${TOKEN.slice(1)}` }]) {
    t.equal(await post('/reload', wrong), 401, JSON.stringify(wrong))
    t.equal(await post('/scale', { ...wrong, 'content-type': 'application/json' }, '{"workers":1}'), 401)
    t.equal(await post('/restart', { ...wrong, 'content-type': 'application/json' }, '{"slot":0}'), 401)
  }
  t.equal(await post('/stop', { authorization }), 404, 'only the control socket has stop')
  t.equal(await post('/scale', { authorization, 'content-type': 'application/json' }, '{"workers":3}'), 202)
  await app.workers(3)
  t.equal(await post('/restart', { authorization, 'content-type': 'application/json' }, '{"slot":0}'), 202)
  t.equal(await post('/restart', { authorization, 'content-type': 'application/json' }, '{"slot":9}'), 409)
  for (const wrong of ['{}', '{"slot":"0x"}', '{"slot":-1}']) t.equal(await post('/restart', { authorization, 'content-type': 'application/json' }, wrong), 400, wrong)
  t.same(app.lines.filter(({ event }) => event === 'reload-start' || event === 'slot-restart').map(({ event, slot }) => [event, slot]), [['slot-restart', 0]])
  await app.stop()
})

t.test('an invalid token is not shown', async t => {
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

t.test('a page of another origin can neither read nor make changes', async t => {
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

t.test("the page's content security policy allows nothing from other origins", async t => {
  const { admin } = await serve(t)
  const { status, headers, body } = await request(admin)
  t.equal(status, 200)
  t.match(headers, { 'content-type': 'text/html; charset=utf-8', 'x-content-type-options': 'nosniff', 'content-security-policy': /default-src 'none'; script-src 'self';.* frame-ancestors 'none'/ })
  const files = [...body.matchAll(/(?:src|href)="((?!data:)[^"#]+)"/g)].map(([, name]) => name as string)
  t.ok(files.length > 1)
  for (const name of files) t.equal((await request(new URL(name, `${admin}/`).href)).status, 200, name)
})
