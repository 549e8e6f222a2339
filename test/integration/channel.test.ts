import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { attempt } from '../client.js'
import { descriptors, hooked, inTurn, perLane, request, start, whoServes } from '../helper.js'

const STOPPED = { code: 0, signal: null }

perLane(t, 'the primary never dies of a worker: whatever it does to its IPC channel ends that worker, as lane-error, and nothing else', async (t, lane) => {
  const app = start(t, 'hostile.mjs', { ...hooked, options: { workers: 2, lane } })
  const url = await app.url()
  await app.workers(2)
  await app.stats()
  const before = descriptors(app.pid)
  for (const [i, name] of ['text', 'ackOutOfTurn', 'badPort', 'handleOfNode'].entries()) {
    await attempt(`${url}/act/${name}`) // it may have exited before it can answer
    const { workerId } = (await app.events('lane-error', i + 1)).at(-1) ?? {}
    t.match(await app.event('worker-exit', line => line.workerId === workerId), { signal: 'SIGKILL' }, name)
    t.not(await whoServes(url), workerId, 'the other worker serves')
    await app.workers(3 + i)
  }
  await app.stats(() => descriptors(app.pid) <= before)
  t.same(app.failures.filter(({ event }) => event !== 'lane-error' && event !== 'worker-exit'), [])
  t.same(await app.stop(), STOPPED)
})

perLane(t, 'handles that a worker sends with process.send(message, handle) leave no descriptor in the primary', async (t, lane) => {
  const app = start(t, 'hostile.mjs', { options: { workers: 1, lane } })
  const url = await app.url()
  await app.stats()
  const before = descriptors(app.pid)
  for (const name of ['socket', 'server', 'datagram', 'socket']) t.equal((await request(`${url}/act/${name}`)).status, 200, name)
  await app.stats(() => descriptors(app.pid) <= before)
  t.same(app.failures, [])
  t.same(await app.stop(), STOPPED)
})

perLane(t, 'servers that an app shares through node:cluster in its workers work as usual, also on an inherited descriptor', async (t, lane) => {
  const handedOver = net.createServer().listen(0, '127.0.0.1')
  await once(handedOver, 'listening')
  const app = start(t, 'own-servers.mjs', { options: { workers: 2, lane, ...inTurn }, env: { FD: '3' }, inherit: [handedOver] })
  handedOver.close() // the app has its own
  const url = await app.url()
  const served = []
  for (let i = 0; i < 4; i++) served.push(JSON.parse((await request(`${url}/own`)).body))
  for (const own of served) t.same(own, { port: 'hello', name: 'hello', path: 'hello', datagram: 'hello', fd: 'hello', twice: 'EADDRINUSE' })
  t.same(app.failures, [])
  t.same(await app.stop(), STOPPED)
})
