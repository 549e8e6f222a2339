import t from 'tap'
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import Fastify from 'fastify'
import { overloadAnswer } from '../../../lib/primary/ports/overload-answer.js'

async function ask (port: number): Promise<{ status: number | undefined, message: string | undefined, headers: http.IncomingHttpHeaders, body: string }> {
  const request = http.get({ port, host: '127.0.0.1', agent: false })
  const [response] = await once(request, 'response') as [http.IncomingMessage]
  let body = ''
  response.setEncoding('utf8')
  for await (const chunk of response) body += String(chunk)
  return { status: response.statusCode, message: response.statusMessage, headers: response.headers, body }
}

t.test('it is a response that says when to retry, and closes the connection', async t => {
  const answer = overloadAnswer(3, () => Date.UTC(2030, 0, 2, 3, 4, 5, 678))
  const server = net.createServer(socket => { socket.end(answer()) }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { status, message, headers, body } = await ask((server.address() as net.AddressInfo).port)
  t.equal(status, 503)
  t.equal(message, 'Service Unavailable')
  t.same(headers, {
    date: 'Wed, 02 Jan 2030 03:04:05 GMT',
    'retry-after': '3',
    connection: 'close',
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(body.length)
  })
  t.same(Object.keys(JSON.parse(body)), ['statusCode', 'error', 'message'])
})

t.test('its body is that of a Fastify error', async t => {
  const fastify = Fastify()
  t.teardown(() => fastify.close())
  const [headers, body] = overloadAnswer(1)().toString().split('\r\n\r\n') as [string, string]
  const { message } = JSON.parse(body) as Error
  fastify.get('/', async () => { throw Object.assign(new Error(message), { statusCode: 503 }) })
  const theirs = await fastify.inject('/')
  t.equal(body, theirs.body)
  t.ok(headers.includes(`\r\nContent-Type: ${theirs.headers['content-type']}\r\n`))
})

t.test('it is made once a second', async t => {
  let now = 1_000
  const answer = overloadAnswer(1, () => now)
  const first = answer()
  now = 1_999
  t.equal(answer(), first)
  now = 2_000
  t.not(answer(), first)
  t.match(answer().toString(), /\r\nDate: Thu, 01 Jan 1970 00:00:02 GMT\r\n/)
})

t.test('seconds are rounded up to whole ones', async t => {
  t.match(overloadAnswer(0.2)().toString(), /\r\nRetry-After: 1\r\n/)
})
