import t, { type Test } from 'tap'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import { TicketKeys } from '../../lib/worker/ticket-keys.js'
import { ca } from '../clients.js'
import { fixturePath } from '../helper.js'
import { VERSIONS, type Version } from '../tls-sessions.js'

const certificate = { key: readFileSync(fixturePath('tls/key.pem')), cert: ca }
const [first, second, third] = [0, 1, 2].map(() => randomBytes(48).toString('base64')) as [string, string, string]

/** A server that sends nothing and closes. */
async function serve (t: Test, keys: TicketKeys, options: tls.TlsOptions = {}): Promise<tls.Server> {
  const server = tls.createServer({ ...certificate, ...options }, socket => { socket.end('.') })
  keys.add(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return server
}

interface Handshake { resumed: boolean, session: Buffer }

/** Makes one handshake; rejects if it fails. */
async function shake (server: tls.Server, version: Version, session?: Buffer, servername = 'localhost'): Promise<Handshake> {
  const { port } = server.address() as net.AddressInfo
  const socket = tls.connect({ port, host: '127.0.0.1', servername, ca, checkServerIdentity: () => undefined, minVersion: version, maxVersion: version, ...(session && { session }) })
  let latest: Buffer | undefined
  socket.on('session', given => { latest = given })
  await once(socket, 'secureConnect')
  const resumed = socket.isSessionReused()
  latest ??= socket.getSession()
  await once(socket.resume(), 'close')
  return { resumed, session: latest as Buffer }
}

for (const version of VERSIONS) {
  t.test(`a session of one server resumes on another, ${version}`, async t => {
    const keys = new TicketKeys()
    const one = await serve(t, keys)
    keys.set([first])
    const other = await serve(t, keys)
    for (const [from, to] of [[one, other], [other, one]] as const) {
      const { session } = await shake(from, version)
      t.ok((await shake(to, version, session)).resumed)
    }
  })

  t.test(`a ticket of the former key is accepted, and replaced by a new one; one of the key before that costs a full handshake, ${version}`, async t => {
    const keys = new TicketKeys()
    const servers = [await serve(t, keys), await serve(t, keys)] as [tls.Server, tls.Server]
    keys.set([first])
    const { session } = await shake(servers[0], version)
    keys.set([second, first])
    let renewed = session
    for (const server of servers) {
      const handshake = await shake(server, version, session)
      t.ok(handshake.resumed)
      renewed = handshake.session
    }
    const full = await shake(servers[1], version)
    keys.set([third, second])
    for (const server of servers) {
      t.notOk((await shake(server, version, session)).resumed, 'the first')
      t.ok((await shake(server, version, renewed)).resumed, 'the one given for it')
      t.ok((await shake(server, version, full.session)).resumed, 'one that the second key encrypted')
    }
  })

  t.test(`setSecureContext() keeps both keys, called before they arrive and after, ${version}`, async t => {
    const keys = new TicketKeys()
    const server = await serve(t, keys)
    server.setSecureContext(certificate)
    keys.set([first])
    const { session } = await shake(server, version)
    server.setSecureContext(certificate)
    t.ok((await shake(server, version, session)).resumed)
    keys.set([second, first])
    server.setSecureContext(certificate)
    t.ok((await shake(server, version, session)).resumed)
  })

  t.test(`a name with a context of its own is served, and its sessions resume, ${version}`, async t => {
    const keys = new TicketKeys()
    const server = await serve(t, keys)
    server.addContext('other.example', certificate)
    keys.set([first])
    let { session } = await shake(server, version, undefined, 'other.example')
    for (const told of [[second, first], [third, second]]) {
      keys.set(told)
      const handshake = await shake(server, version, session, 'other.example')
      t.ok(handshake.resumed)
      session = handshake.session
    }
  })

  t.test(`an app that sets keys of its own keeps them, at any time, and then has no former one, ${version}`, async t => {
    const own = randomBytes(48)
    const keys = new TicketKeys()
    const [early, late] = [await serve(t, keys), await serve(t, keys)]
    early.setTicketKeys(own)
    keys.set([first])
    const { session } = await shake(late, version)
    keys.set([second, first])
    late.setTicketKeys(own)
    keys.set([third, second])
    for (const server of [early, late]) t.same(server.getTicketKeys(), own)
    t.notOk((await shake(late, version, session)).resumed)
    t.ok((await shake(late, version, (await shake(early, version)).session)).resumed)
  })

  t.test(`if Node has no way to set a second key, only the new one is used, and no handshake fails, ${version}`, async t => {
    const prototype = Object.getPrototypeOf(tls.createSecureContext().context as object) as object
    const enable = Object.getOwnPropertyDescriptor(prototype, 'enableTicketKeyCallback') as PropertyDescriptor
    t.teardown(() => { Object.defineProperty(prototype, 'enableTicketKeyCallback', enable) })
    Object.defineProperty(prototype, 'enableTicketKeyCallback', { value: undefined, configurable: true, writable: true })
    const keys = new TicketKeys()
    const servers = [await serve(t, keys), await serve(t, keys)] as [tls.Server, tls.Server]
    keys.set([first])
    const { session } = await shake(servers[0], version)
    keys.set([second, first])
    const handshake = await shake(servers[1], version, session)
    t.notOk(handshake.resumed)
    t.ok((await shake(servers[0], version, handshake.session)).resumed)
  })
}

t.test('keys given as an option are kept, also after setSecureContext()', async t => {
  const ticketKeys = randomBytes(48)
  const keys = new TicketKeys()
  const [given, later] = [await serve(t, keys, { ticketKeys }), await serve(t, keys)]
  keys.set([first])
  later.setSecureContext({ ...certificate, ticketKeys })
  keys.set([second, first])
  for (const server of [given, later]) t.same(server.getTicketKeys(), ticketKeys)
})

t.test('a server without TLS has no keys', async t => {
  const keys = new TicketKeys()
  const server = net.createServer()
  keys.add(server)
  t.doesNotThrow(() => { keys.set([first]) })
  t.notOk('setSecureContext' in server)
})
