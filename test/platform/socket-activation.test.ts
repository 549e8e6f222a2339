import t from 'tap'
import { takeActivation } from '../../lib/platform/socket-activation.js'

const PID = 42

t.test('descriptors begin at 3, with the names of LISTEN_FDNAMES, and the variables are gone afterwards', async t => {
  const environment = { LISTEN_PID: '42', LISTEN_FDS: '3', LISTEN_FDNAMES: 'http:admin:http', LISTEN_PIDFDID: '7', OTHER: 'x' }
  t.strictSame(takeActivation(environment, PID), { descriptors: [{ fd: 3, name: 'http' }, { fd: 4, name: 'admin' }, { fd: 5, name: 'http' }] })
  t.strictSame(environment, { OTHER: 'x' })
})

t.test('without names, descriptors have the name of sd_listen_fds_with_names(3)', async t => {
  t.strictSame(takeActivation({ LISTEN_PID: '42', LISTEN_FDS: '2' }, PID), { descriptors: [{ fd: 3, name: 'unknown' }, { fd: 4, name: 'unknown' }] })
})

t.test("another process's variables do not count, whatever they say, and are removed", async t => {
  for (const LISTEN_FDS of ['1', 'many']) {
    const environment = { LISTEN_PID: '41', LISTEN_FDS, LISTEN_FDNAMES: 'a:b:c' }
    t.strictSame(takeActivation(environment, PID), { descriptors: [], ignored: 'LISTEN_PID is 41, and this is process 42' })
    t.strictSame(environment, {})
  }
  for (const environment of [{}, { LISTEN_FDS: '1' }, { LISTEN_PID: '42' }, { LISTEN_PID: '41' }, { LISTEN_PID: '', LISTEN_FDS: '1' }]) {
    t.strictSame(takeActivation(environment, PID), { descriptors: [] })
  }
})

const wrong: Array<[environment: Record<string, string>, reason: string]> = [
  [{ LISTEN_PID: 'me', LISTEN_FDS: '1' }, "LISTEN_PID must be a process id, got 'me'"],
  ...['many', '0', '-1', '1.5', '1025', '9'.repeat(400)].map((LISTEN_FDS): [Record<string, string>, string] => [{ LISTEN_PID: '42', LISTEN_FDS }, `LISTEN_FDS must be a number from 1 to 1024, got '${LISTEN_FDS}'`]),
  [{ LISTEN_PID: '42', LISTEN_FDS: '1', LISTEN_FDNAMES: 'a:b' }, "LISTEN_FDNAMES must have a name for each of the 1 descriptors of LISTEN_FDS, got 2: 'a:b'"],
  [{ LISTEN_PID: '42', LISTEN_FDS: '2', LISTEN_FDNAMES: 'a' }, "LISTEN_FDNAMES must have a name for each of the 2 descriptors of LISTEN_FDS, got 1: 'a'"]
]

for (const [environment, reason] of wrong) {
  t.test(`variables that are wrong say why, and are removed: ${JSON.stringify(environment).slice(0, 80)}`, async t => {
    const given = { ...environment }
    t.strictSame(takeActivation(given, PID), { descriptors: [], invalid: reason })
    t.strictSame(given, {})
  })
}
