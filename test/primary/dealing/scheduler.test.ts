import t from 'tap'
import { Scheduler } from '../../../lib/primary/dealing/scheduler.js'

function of (...members: string[]): Scheduler<string> {
  const scheduler = new Scheduler<string>(() => 0)
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
  { promise: 'two have their turns back before anybody has one', does: '+a+b+c...<c<a....', next: 'abcacab' },
  { promise: 'no more than eight turns are made up for', does: '+a+b.<a!a............?a..........', next: 'a' + 'b'.repeat(12) + 'a'.repeat(9) + 'b' },
  { promise: 'one that left has no turn back', does: '+a+b+c..<b-b<b+b...', next: 'abcab' }
]

for (const { promise, does, next } of table) {
  t.test(promise, async t => {
    const barred = new Set<string>()
    const scheduler = new Scheduler<string>(member => barred.has(member) ? Infinity : 0)
    let answered = ''
    for (const [, verb, member] of does.matchAll(/([-+!?<])(\w)|\./g)) {
      if (verb === '+') scheduler.add(member as string)
      else if (verb === '-') scheduler.remove(member as string)
      else if (verb === '!') barred.add(member as string)
      else if (verb === '?') barred.delete(member as string)
      else if (verb === '<') scheduler.giveBack(member as string)
      else answered += scheduler.next() ?? '_'
      if (verb === '!' || verb === '?') scheduler.changed(member as string)
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
      const member = scheduler.next() as string
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
  scheduler.next()
  scheduler.remove('a')
  scheduler.add('d')
  t.same([...scheduler.members].sort(), ['b', 'c', 'd'])
})

/** Members with these ranks, which are changed by `set`. */
function ranked (ranks: Record<string, number>, looks?: number): { scheduler: Scheduler<string>, set: (member: string, rank: number) => void, looks: () => number } {
  let looked = 0
  const scheduler = new Scheduler<string>(member => {
    looked++
    return ranks[member] as number
  }, looks)
  for (const member of Object.keys(ranks)) scheduler.add(member)
  return {
    scheduler,
    looks: () => looked,
    set (member, rank) {
      ranks[member] = rank
      scheduler.changed(member)
    }
  }
}

t.test('the least rank is next, and those of one rank in turn', async t => {
  const { scheduler, set } = ranked({ a: 2, b: 1, c: 1, d: 3 })
  t.same([scheduler.next(), scheduler.next(), scheduler.next()], ['b', 'c', 'b'])
  set('a', 0)
  t.same([scheduler.next(), scheduler.next()], ['a', 'a'])
  set('a', Infinity)
  t.equal(scheduler.next(), 'b', 'in turn from the one behind the last')
})

t.test('ranks from a bound on are passed over', async t => {
  const { scheduler } = ranked({ a: 5, b: 7 })
  t.equal(scheduler.next(6), 'a')
  t.equal(scheduler.next(5), undefined)
  t.same([scheduler.has(6), scheduler.has(5)], [true, false])
})

t.test('some may be left out of the choice, for one connection', async t => {
  const { scheduler } = ranked({ a: 0, b: 0, c: 1, d: Infinity })
  t.equal(scheduler.nextOf(member => member !== 'a'), 'b')
  t.equal(scheduler.nextOf(member => member > 'b'), 'c', 'the turn is behind b now, and c has the least rank of these')
  t.equal(scheduler.nextOf(member => member === 'd'), undefined)
})

t.test('ranks that change without a word are known at once where all are looked at, else some choices later', async t => {
  for (const [looks, late] of [[3, 0], [1, 2]] as const) {
    const ranks = { a: 3, b: 1, c: 1 }
    const { scheduler } = ranked(ranks, looks)
    ranks.a = 0
    for (let choices = 0; choices < late; choices++) scheduler.next()
    t.equal(scheduler.next(), 'a', `${looks} looks`)
  }
})

t.test('a choice among a thousand looks at as many as it was told, and a change at one', async t => {
  const { scheduler, set, looks } = ranked(Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`m${i}`, i % 7])), 8)
  const before = looks()
  for (let i = 0; i < 100; i++) scheduler.next()
  t.equal(looks() - before, 800)
  set('m500', -1)
  t.equal(looks() - before, 801)
  t.equal(scheduler.next(), 'm500')
})
