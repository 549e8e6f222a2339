import t from 'tap'
import { Ledger } from './ledger.js'

/** A ledger that is read in these parts. */
function ledger (...parts: string[]): Ledger {
  return new Ledger(() => parts.shift() ?? '')
}

t.test('entries are read in whatever parts they arrive', async t => {
  const read = ledger('\n[11,"taken","127.1.0.1"]\n\n[11,"be', 'gan","127.1.0.1",7]', '\n')
  t.same(read.takers('127.1.0.1'), [11])
  t.same(read.beginners(7), [])
  t.same(read.beginners(7), [11])
  t.same(read.beginners(8), [])
})

t.test('an incomplete entry does not affect the others', async t => {
  const read = ledger('\n[11,"began","127.1.0.1",7\n[12,"began","127.1.0.2",8]\n')
  t.same(read.beginners(7), [])
  t.same(read.beginners(8), [12])
  t.equal(read.torn, 1)
})

t.test('a client that has disconnected has no address', async t => {
  const read = ledger('\n[11,"taken",null]\n\n[12,"taken",null]\n')
  t.same(read.takenTwice(), [])
  t.equal(read.torn, 0)
})

t.test('duplicates are reported, but not of connections that may move', async t => {
  const read = ledger('\n[11,"taken for good","127.1.0.1"]\n\n[12,"taken for good","127.1.0.1"]\n\n[11,"taken","127.1.0.2"]\n\n[12,"taken","127.1.0.2"]\n\n[11,"began","127.1.0.1",7]\n\n[11,"began","127.1.0.1",7]\n')
  t.same(read.takenTwice(), [['127.1.0.1', [11, 12]]])
  t.same(read.begunTwice(), [[7, [11, 11]]])
})
