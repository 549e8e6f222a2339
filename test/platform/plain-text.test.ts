import t from 'tap'
import { legible } from '../../lib/cli/legible.js'
import { oneLine, plain, setIn } from '../../lib/platform/plain-text.js'

const HOSTILE = 'a\u001b[2Jb\rc\u0007d\u007fe\u009b31mf\u0000'
const SPELLED = 'a\\x1b[2Jb\\x0dc\\x07d\\x7fe\\x9b31mf\\x00'

t.test('control characters are escaped, and never begin a line', async t => {
  t.equal(plain(`${HOSTILE}\t\nä€😀`), `${SPELLED}\t\nä€😀`)
  t.equal(oneLine(`${HOSTILE}\nx`), `${SPELLED}\\nx`)
  t.equal(setIn('a\nb\nc'), 'a\n    b\n    c')
})

t.test('no field of a readable log line can move the cursor or begin a line', async t => {
  t.strictSame(legible(JSON.stringify({ level: 30, name: 'a\nb', msg: `${HOSTILE}\nx`, [HOSTILE]: 1, route: HOSTILE, err: { message: HOSTILE, stack: `at\n${HOSTILE}`, codes: [HOSTILE, 1, null] } })), {
    level: 30, name: 'a\\nb', msg: `${SPELLED}\n    x`, [SPELLED]: 1, route: SPELLED, err: { message: SPELLED, stack: `at\n${SPELLED}`, codes: [SPELLED, 1, null] }
  })
  t.strictSame(legible('{"text":"a\\nb","msg":"a\\nb"}', 'text'), { text: 'a\n    b', msg: 'a\nb' })
})
