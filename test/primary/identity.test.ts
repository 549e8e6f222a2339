import { execFileSync } from 'node:child_process'
import t from 'tap'
import { findIdentity } from '../../lib/primary/identity.js'

const me = process.geteuid?.() as number
const myGroup = process.getegid?.() as number
const myName = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim()
const skip = me === 0 ? false : 'only root may be somebody else'

t.test('who is not asked to be somebody else stays who it is', async t => {
  t.same(findIdentity({}), {})
  t.same(findIdentity({ user: me, group: myGroup }), {})
  t.same(findIdentity({ user: myName, group: myGroup }), {})
})

t.test('a user by its name has its own group, and one by its id too', { skip }, async t => {
  const nobody = { uid: Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' })), gid: Number(execFileSync('id', ['-g', 'nobody'], { encoding: 'utf8' })) }
  t.same(findIdentity({ user: 'nobody' }), nobody)
  t.same(findIdentity({ user: nobody.uid }), nobody)
  t.same(findIdentity({ user: String(nobody.uid) }), nobody)
})

t.test('a group by its name or its id, with a user or without', { skip }, async t => {
  t.same(findIdentity({ group: 'daemon' }), { gid: 1 })
  t.same(findIdentity({ group: 1 }), { gid: 1 })
  t.same(findIdentity({ user: 12_345, group: '54321' }), { uid: 12_345, gid: 54_321 }, 'the system need not know them')
})

for (const { given, message } of [
  { given: { user: 'no-such-user' }, message: "there is no user 'no-such-user'" },
  { given: { group: 'no-such-group' }, message: "there is no group 'no-such-group'" },
  { given: { user: 12_345 }, message: 'the system does not know the user with the id 12345, and so no group of its: say which' },
  { given: { user: '-x' }, message: "there is no user '-x'" }
]) {
  t.test(`refused: ${message}`, async t => {
    t.throws(() => findIdentity(given), { code: 'SHARED_PORT_ERR_USER', message: `Workers cannot run as another user or group: ${message}` })
  })
}

t.test('who is not root may not', { skip }, async t => {
  const { geteuid } = process as { geteuid: () => number }
  process.geteuid = () => 1000
  t.teardown(() => { process.geteuid = geteuid })
  t.throws(() => findIdentity({ user: 1001, group: 1001 }), {
    code: 'SHARED_PORT_ERR_USER',
    message: "Workers cannot run as another user or group: only root may start them as user '1001' and group '1001', and this process runs as the user with the id 1000"
  })
})
