import { once } from 'node:events'
import http from 'node:http'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { follow, serve } from '../admin-server.js'
import { appPath, command, descriptors, hooked, request } from '../helper.js'
import { runtimeFolder } from '../runtime-folder.js'

t.test('the stream sends the status every second, and each event as it happens', async t => {
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
  // On a busy machine, a worker may have had no time for its pulse.
  t.match(data.happened.map(({ event }: { event: string }) => event).filter((event: string) => event !== 'stalled'), ['worker-start', 'worker-start', 'worker-ready', 'worker-ready', 'worker-exit', 'worker-start', 'worker-ready'], 'later followers get the history')
  await app.stop()
})

t.test('a client that asks for the events repeatedly on one connection gets one stream, and nothing leaks', async t => {
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

t.test('with too many followers, a new one replaces the one that has followed for longest', async t => {
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

/**
 * Connections that occupy whatever they can: they follow the events, send a body slowly, never end their
 * headers, never read, or never send a request.
 */
function besiege (target: NetConnectOpts, times: number): Socket[] {
  return ['GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n', 'POST /scale HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{', 'GET / HTTP/1.1\r\nHost: lo', 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n', '']
    .flatMap(text => Array.from({ length: times }, () => {
      const socket = connect(target, () => { socket.write(text) }).on('error', () => {}).pause()
      return socket
    }))
}

t.test('no client can block the health checks and metrics, on the admin server or the control socket', async t => {
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
