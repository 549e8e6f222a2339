import t from 'tap'
import { createScheduler, type Scheduler } from '../../lib/primary/scheduler.js'

function of (...members: string[]): Scheduler<string> {
  const scheduler = createScheduler<string>('round-robin')
  for (const member of members) scheduler.add(member)
  return scheduler
}

// What is done, step by step: a letter is added by '+', removed by '-', may not be chosen after '!'
// and may again after '?', has its turn back by '<'; '.' asks who is next, and 'next' is what is answered.
const table: Array<{ promise: string, does: string, next: string }> = [
  { promise: 'nobody is next among none', does: '.', next: '_' },
  { promise: 'one alone is always next', does: '+a...', next: 'aaa' },
  { promise: 'members are next in the order in which they joined', does: '+a+b+c......', next: 'abcabc' },
  { promise: 'one that joins comes behind the others: first turn of the round', does: '+a+b+c...+d....', next: 'abcabcd' },
  { promise: 'one that joins comes behind the others: in the middle of a round', does: '+a+b+c.+d.......', next: 'abcadbca' },
  { promise: 'two that join in the middle of a round keep their order', does: '+a+b.+c+d.....', next: 'abacdb' },
  { promise: 'one that leaves has no turn', does: '+a+b+c-b....', next: 'acac' },
  { promise: 'one that leaves while it is its turn passes it on to the one behind it', does: '+a+b+c.-b...', next: 'acac' },
  { promise: 'the first one that leaves before anybody had a turn passes it on to the second', does: '+a+b+c-a...', next: 'bcb' },
  { promise: 'the last one that leaves while it is its turn passes it on to the first', does: '+a+b+c..-c..', next: 'abab' },
  { promise: 'one that leaves after its turn moves nobody else', does: '+a+b+c.-a...', next: 'abcb' },
  { promise: 'one that leaves before its turn moves nobody else', does: '+a+b+c.-c...', next: 'abab' },
  { promise: 'a stranger that leaves changes nothing', does: '+a+b.-x..', next: 'aba' },
  { promise: 'one that leaves and joins again is behind the others', does: '+a+b+c.-b+b....', next: 'acabc' },
  { promise: 'when all have left nobody is next, and one that joins then is', does: '+a+b.-a-b.+c..', next: 'a_cc' },
  { promise: 'one that may not is passed over', does: '+a+b+c!b....', next: 'acac' },
  { promise: 'one that was passed over has its turn the next time round, not before', does: '+a+b+c.!b.?b...', next: 'acabc' },
  { promise: 'when none may, nobody is next and nobody loses a turn', does: '+a+b.!a!b..?a?b..', next: 'a__ba' },
  { promise: 'one that has its turn back is next, and then all are where they were', does: '+a+b+c..<b....', next: 'abbcab' },
  { promise: 'one that has its turn back has it as soon as it may', does: '+a+b+c..<b!b..?b..', next: 'abcabb' },
  { promise: 'one that has a turn back has those too that it misses until then', does: '+a+b+c..<b!b....?b....', next: 'abcacabbbc' },
  { promise: 'one misses no turn where nobody may', does: '+a+b..<b!a!b...?a?b...', next: 'ab___bab' },
  { promise: 'one misses a turn only where it has one back', does: '+a+b+c..<a!a!b..?a?b.....', next: 'abccaaabc' },
  { promise: 'two have their turns back in the order in which they lost them', does: '+a+b+c...<c<a...', next: 'abccaa' },
  { promise: 'no more than eight turns are made up for', does: '+a+b.<a!a............?a..........', next: 'a' + 'b'.repeat(12) + 'a'.repeat(9) + 'b' },
  { promise: 'one that left has no turn back', does: '+a+b+c..<b-b<b+b...', next: 'abcab' }
]

for (const { promise, does, next } of table) {
  t.test(promise, async t => {
    const scheduler = of()
    const barred = new Set<string>()
    let answered = ''
    for (const [, verb, member] of does.matchAll(/([-+!?<])(\w)|\./g)) {
      if (verb === '+') scheduler.add(member as string)
      else if (verb === '-') scheduler.remove(member as string)
      else if (verb === '!') barred.add(member as string)
      else if (verb === '?') barred.delete(member as string)
      else if (verb === '<') scheduler.giveBack(member as string)
      else answered += scheduler.next(worker => !barred.has(worker)) ?? '_'
    }
    t.equal(answered, next)
  })
}

for (const size of [1, 2, 3, 4, 5, 6, 7]) {
  t.test(`after any number of turns the counts of ${size} differ by at most one`, async t => {
    const scheduler = of(...'abcdefg'.slice(0, size))
    const counts = new Map(scheduler.members.map(member => [member, 0]))
    let widest = 0
    for (let i = 0; i < size * 10; i++) {
      const member = scheduler.next(() => true) as string
      counts.set(member, counts.get(member) as number + 1)
      const all = [...counts.values()]
      widest = Math.max(widest, Math.max(...all) - Math.min(...all))
    }
    t.equal(widest, size === 1 ? 0 : 1)
    t.same([...counts.values()], Array.from({ length: size }, () => 10))
  })
}

t.test('members are those that have joined and not left', async t => {
  const scheduler = of('a', 'b', 'c')
  scheduler.next(() => true)
  scheduler.remove('a')
  scheduler.add('d')
  t.same([...scheduler.members].sort(), ['b', 'c', 'd'])
})
