import t from 'tap'
import { Scheduler } from '../../../lib/primary/dealing/scheduler.js'

function of (...members: string[]): Scheduler<string> {
  const scheduler = new Scheduler<string>(() => 0)
  for (const member of members) scheduler.add(member)
  return scheduler
}

// The steps: '+' adds a letter, '-' removes it, '!' bars it, '?' admits it again, '<' gives its turn back,
// '.' asks for the next one. 'next' is the expected sequence of answers.
const table: Array<{ promise: string, does: string, next: string }> = [
  { promise: 'without members nobody is next', does: '.', next: '_' },
  { promise: 'a single member is always next', does: '+a...', next: 'aaa' },
  { promise: 'members are next in the order in which they joined', does: '+a+b+c......', next: 'abcabc' },
  { promise: 'a new member comes behind the others: in the first turn of a round', does: '+a+b+c...+d....', next: 'abcabcd' },
  { promise: 'a new member comes behind the others: in the middle of a round', does: '+a+b+c.+d.......', next: 'abcadbca' },
  { promise: 'two members that join in the middle of a round keep their order', does: '+a+b.+c+d.....', next: 'abacdb' },
  { promise: 'a member that leaves has no more turns', does: '+a+b+c-b....', next: 'acac' },
  { promise: 'a member that leaves when it is next passes its turn on to the one behind it', does: '+a+b+c.-b...', next: 'acac' },
  { promise: 'the first member that leaves before any turn passes its turn on to the second', does: '+a+b+c-a...', next: 'bcb' },
  { promise: 'the last member that leaves when it is next passes its turn on to the first', does: '+a+b+c..-c..', next: 'abab' },
  { promise: 'a member that leaves after its turn moves no other', does: '+a+b+c.-a...', next: 'abcb' },
  { promise: 'a member that leaves before its turn moves no other', does: '+a+b+c.-c...', next: 'abab' },
  { promise: 'removing a stranger changes nothing', does: '+a+b.-x..', next: 'aba' },
  { promise: 'a member that leaves and joins again is behind the others', does: '+a+b+c.-b+b....', next: 'acabc' },
  { promise: 'when all have left nobody is next, and a new member is', does: '+a+b.-a-b.+c..', next: 'a_cc' },
  { promise: 'a barred member is skipped', does: '+a+b+c!b....', next: 'acac' },
  { promise: 'a skipped member has its turn in the next round, not before', does: '+a+b+c.!b.?b...', next: 'acabc' },
  { promise: 'when all are barred, nobody is next and nobody loses a turn', does: '+a+b.!a!b..?a?b..', next: 'a__ba' },
  { promise: 'a member that has its turn back is next, and then the order is as before', does: '+a+b+c..<b....', next: 'abbcab' },
  { promise: 'a member that has its turn back gets it as soon as it may', does: '+a+b+c..<b!b..?b..', next: 'abcabb' },
  { promise: 'a member that has a turn back also gets the turns that it misses until then', does: '+a+b+c..<b!b....?b....', next: 'abcacabbbc' },
  { promise: 'no turn is missed while nobody may', does: '+a+b..<b!a!b...?a?b...', next: 'ab___bab' },
  { promise: 'missed turns count only for a member that has one back', does: '+a+b+c..<a!a!b..?a?b.....', next: 'abccaaabc' },
  { promise: 'two members have their turns back before any other', does: '+a+b+c...<c<a....', next: 'abcacab' },
  { promise: 'at most eight turns are made up for', does: '+a+b.<a!a............?a..........', next: 'a' + 'b'.repeat(12) + 'a'.repeat(9) + 'b' },
  { promise: 'a member that has left has no turn back', does: '+a+b+c..<b-b<b+b...', next: 'abcab' }
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

/** Members with these ranks, which `set` changes. */
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

t.test('the lowest rank is next, and equal ranks in turn', async t => {
  const { scheduler, set } = ranked({ a: 2, b: 1, c: 1, d: 3 })
  t.same([scheduler.next(), scheduler.next(), scheduler.next()], ['b', 'c', 'b'])
  set('a', 0)
  t.same([scheduler.next(), scheduler.next()], ['a', 'a'])
  set('a', Infinity)
  t.equal(scheduler.next(), 'b', 'in turn, from the one after the last')
})

t.test('members with a rank from the bound on are skipped', async t => {
  const { scheduler } = ranked({ a: 5, b: 7 })
  t.equal(scheduler.next(6), 'a')
  t.equal(scheduler.next(5), undefined)
  t.same([scheduler.has(6), scheduler.has(5)], [true, false])
})

t.test('members can be excluded from the choice for one connection', async t => {
  const { scheduler } = ranked({ a: 0, b: 0, c: 1, d: Infinity })
  t.equal(scheduler.nextOf(member => member !== 'a'), 'b')
  t.equal(scheduler.nextOf(member => member > 'b'), 'c', 'the turn is after b now, and c has the lowest rank of these')
  t.equal(scheduler.nextOf(member => member === 'd'), undefined)
})

t.test('an unannounced change of rank is noticed at once if all are read, and otherwise some choices later', async t => {
  for (const [looks, late] of [[3, 0], [1, 2]] as const) {
    const ranks = { a: 3, b: 1, c: 1 }
    const { scheduler } = ranked(ranks, looks)
    ranks.a = 0
    for (let choices = 0; choices < late; choices++) scheduler.next()
    t.equal(scheduler.next(), 'a', `${looks} looks`)
  }
})

t.test('a choice among a thousand reads as many ranks as configured, and a change reads one', async t => {
  const { scheduler, set, looks } = ranked(Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`m${i}`, i % 7])), 8)
  const before = looks()
  for (let i = 0; i < 100; i++) scheduler.next()
  t.equal(looks() - before, 800)
  set('m500', -1)
  t.equal(looks() - before, 801)
  t.equal(scheduler.next(), 'm500')
})
