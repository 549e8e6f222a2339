import { execFileSync } from 'node:child_process'
import t from 'tap'
import { findIdentity } from '../../../lib/primary/workers/identity.js'

const me = process.geteuid?.() as number
const myGroup = process.getegid?.() as number
const myName = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim()
const skip = me === 0 ? false : 'only root may be somebody else'

t.test('without user and group nothing changes', async t => {
  t.same(findIdentity({}), {})
  const self = me === 0 ? { uid: me, gid: myGroup } : {} // supplementary groups of root are dropped
  t.same(findIdentity({ user: me, group: myGroup }), self)
  t.same(findIdentity({ user: myName, group: myGroup }), self)
})

t.test('a user has its own group, whether given by name or by id', { skip }, async t => {
  const nobody = { uid: Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' })), gid: Number(execFileSync('id', ['-g', 'nobody'], { encoding: 'utf8' })) }
  t.same(findIdentity({ user: 'nobody' }), nobody)
  t.same(findIdentity({ user: nobody.uid }), nobody)
  t.same(findIdentity({ user: String(nobody.uid) }), nobody)
})

t.test('a group is found by name or id, with or without a user', { skip }, async t => {
  t.same(findIdentity({ group: 'daemon' }), { gid: 1 })
  t.same(findIdentity({ group: 1 }), { gid: 1 })
  t.same(findIdentity({ user: 12_345, group: '54321' }), { uid: 12_345, gid: 54_321 }, 'the system need not know them')
})

for (const { given, message } of [
  { given: { user: 'no-such-user' }, message: "there is no user 'no-such-user'" },
  { given: { group: 'no-such-group' }, message: "there is no group 'no-such-group'" },
  { given: { user: 12_345 }, message: 'user id 12345 is not in the user database, so its group is not known: set the group too' },
  { given: { user: '99999999999', group: 1 }, message: 'an id is at most 2147483647, got 99999999999' }
]) {
  t.test(`refused: ${message}`, async t => {
    t.throws(() => findIdentity(given), { code: 'SHARED_PORT_ERR_USER', message: `Workers cannot run as another user or group: ${message}` })
  })
}

t.test('if the programs that look names up are missing, the error says so', async t => {
  const { PATH } = process.env
  process.env['PATH'] = '/nowhere'
  t.teardown(() => { process.env['PATH'] = PATH })
  t.throws(() => findIdentity({ user: 'nobody' }), { code: 'SHARED_PORT_ERR_USER', message: /looking up names needs the program id, which is not installed: give both user and group as numeric ids/ })
})

t.test('only root may change the user', { skip }, async t => {
  const { geteuid } = process as { geteuid: () => number }
  process.geteuid = () => 1000
  t.teardown(() => { process.geteuid = geteuid })
  t.throws(() => findIdentity({ user: 1001, group: 1001 }), {
    code: 'SHARED_PORT_ERR_USER',
    message: "Workers cannot run as another user or group: only root can switch to user '1001' and group '1001', and this process runs as user id 1000"
  })
})
