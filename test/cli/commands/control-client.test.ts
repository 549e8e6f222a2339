import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ControlClient } from '../../../lib/cli/commands/control-client.js'
import { runtimeFolder } from '../../runtime-folder.js'

const PID = 4_711
const STATUS = JSON.stringify({ pid: PID, workers: [], listeners: [] })

/** A client of a server on a control socket, and a function that stops the server. */
async function ask (t: Test, listener: RequestListener): Promise<{ client: ControlClient, end: () => void }> {
  const { env } = runtimeFolder(t)
  const path = join(env.TMPDIR, 'sock')
  const server = createServer(listener).listen(path)
  await once(server, 'listening')
  const end = (): void => {
    server.close()
    server.closeAllConnections()
  }
  t.teardown(end)
  return { client: new ControlClient(path), end }
}

for (const [what, body] of [['HTML', '<html>'], ['nothing', ''], ['a number', '1'], ['null', 'null'], ['another status', '{"status":"ok"}'], ['lists that are not arrays', '{"pid":1,"workers":{},"listeners":{}}']] as const) {
  t.test(`a server that answers with ${what} is reported as not being a primary`, async t => {
    const { client } = await ask(t, (_request, response) => { response.end(body) })
    await t.rejects(client.status(), { name: 'ControlError', message: 'it is not a shared-fastify primary' })
  })
}

t.test('an error that is not JSON is an error', async t => {
  const { client } = await ask(t, (_request, response) => { response.writeHead(502).end('Bad Gateway') })
  await t.rejects(client.post('/stop'), { name: 'ControlError' })
})

t.test('a progress line that is not JSON is an error', async t => {
  const { client } = await ask(t, (_request, response) => { response.end('{"event":"worker-start"}\n<html>\n') })
  const steps = client.follow('/reload')
  t.match(await steps.next(), { value: { event: 'worker-start' } })
  await t.rejects(steps.next(), { name: 'ControlError' })
})

t.test('waiting for the end of a primary survives any loss of the connection', async t => {
  let followed = 0
  const { client, end } = await ask(t, ({ url, socket }, response) => {
    if (url !== '/events') return response.end(STATUS)
    switch (++followed) {
      case 1: return socket.destroy()
      case 2: return response.writeHead(503).end()
      case 3: return response.write('event: history\ndata: {}\n\n', () => { socket.destroy() })
      default: return response.write('event: history\ndata: {}\n\n', end)
    }
  })
  await client.gone(PID)
  t.equal(followed, 4)
})

t.test('a primary is gone if another one, or something else, listens on its socket', async t => {
  for (const body of [STATUS, 'Hello']) {
    const { client } = await ask(t, (_request, response) => { response.end(body) })
    await client.gone(PID + 1)
  }
  t.pass()
})
