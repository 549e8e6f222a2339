import t from 'tap'
import { hooked, start } from '../helper.js'

const cases: Record<string, { way: string, code: string, msg: string }> = {
  'registered twice on one instance': {
    way: 'twice', code: 'SHARED_PORT_ERR_REGISTERED_TWICE', msg: 'shared-fastify is already registered on this Fastify instance'
  },
  'registered while the server listens': {
    way: 'listening', code: 'SHARED_PORT_ERR_ALREADY_LISTENING', msg: 'The server is already listening: register shared-fastify before calling listen()'
  },
  'registered after fastify.listen(), when Fastify itself accepts no plugin': {
    way: 'listened', code: 'AVV_ERR_ROOT_PLG_BOOTED', msg: 'Root plugin has already booted'
  }
}

for (const [name, { way, code, msg }] of Object.entries(cases)) {
  t.test(`${name}: one clear error, no worker, nothing left behind`, async t => {
    const app = start(t, 'register.mjs', { ...hooked, env: { WAY: way } })
    t.same(await app.ended, { code: 0, signal: null })
    t.match(app.lines, [{ event: 'register-error', code, msg }])
    t.equal(app.lines.length, 1)
    t.same(await app.leftBehind(), [])
  })
}
