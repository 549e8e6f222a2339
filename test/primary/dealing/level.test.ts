import t from 'tap'
import { BUSY, levelOf, SATURATED } from '../../../lib/primary/dealing/level.js'
import { Member } from '../../../lib/primary/dealing/member.js'
import { ByLoad, leastConnections, roundRobin } from '../../../lib/primary/dealing/policies/by-load.js'
import { connections, FakeWorker } from '../../fakes.js'

const NOW = 1_000
const turns = new ByLoad(roundRobin)
const fewest = new ByLoad(leastConnections)

/**
 * Makes a member from a text: its open connections, then `b` busy, `h` hanging (un-acked for long), `s`
 * saturated, `f` full.
 */
function member (text: string, place: number): Member {
  const worker = new FakeWorker(place + 1)
  worker.report(parseInt(text), 0)
  if (/[bh]/.test(text)) worker.send('key', connections('x'), text.includes('b') ? NOW - BUSY + 1 : NOW - BUSY)
  worker.saturated = text.includes('s')
  return new Member(worker)
}

const table = [
  { promise: 'in round robin a burst is shared equally, rounded up', policy: turns, members: '0 0 0', toDeal: 7, level: 3 },
  { promise: 'merely busy members get a share too', policy: turns, members: '0 0b 0b 0b', toDeal: 8, level: 2 },
  { promise: 'hanging members get no share', policy: turns, members: '0 0h 0h 0h', toDeal: 8, level: 8 },
  { promise: 'full members get no share', policy: turns, members: '0 0f 0f', toDeal: 9, level: 9 },
  { promise: 'with least connections, the counts are evened out', policy: fewest, members: '5 0 9 2', toDeal: 24, level: 10 },
  { promise: 'the least loaded member with credit gets one connection, even if busy ones have fewer', policy: fewest, members: '20 0b', toDeal: 1, level: 21 },
  { promise: 'saturated members get nothing while others have credit', policy: turns, members: '0 0s 0s', toDeal: 6, level: 6 },
  { promise: 'saturated members get nothing while another is merely busy', policy: turns, members: '0s 0b', toDeal: 4, level: 4 },
  { promise: 'if the others hang or are full, saturated members share the burst', policy: turns, members: '0s 0s 0h 0f', toDeal: 4, level: SATURATED + 2 },
  { promise: 'if all are saturated, all share the burst', policy: fewest, members: '1s 3s', toDeal: 4, level: SATURATED + 4 },
  { promise: 'a policy that does not level has no limit except that for saturated members', policy: { ...fewest, load: roundRobin, levels: false }, members: '0 0s', toDeal: 9, level: SATURATED },
  { promise: 'a policy that does not level, and no member to spare', policy: { ...fewest, load: roundRobin, levels: false }, members: '0s', toDeal: 9, level: Infinity }
]

for (const { promise, policy, members, toDeal, level } of table) {
  t.test(promise, async t => {
    const texts = members.split(' ')
    const all = texts.map(member)
    t.equal(levelOf(all, toDeal, NOW, policy as ByLoad, one => texts[all.indexOf(one)]?.includes('f') === true), level)
  })
}
