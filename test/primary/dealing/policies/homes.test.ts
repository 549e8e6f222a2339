import t from 'tap'
import { Homes } from '../../../../lib/primary/dealing/policies/homes.js'

const CLIENTS = 2 ** 14

interface Home { name: string, place: number }

const home = (place: number, name = String(place)): Home => ({ name, place })

function of (...members: Home[]): Homes<Home> {
  const homes = new Homes<Home>(({ place }) => place)
  for (const member of members) homes.add(member)
  return homes
}

/** The home of each client. */
function map (homes: Homes<Home>): Array<Home | undefined> {
  return Array.from({ length: CLIENTS }, (_, client) => homes.of(client))
}

t.test('without members there are no homes', async t => {
  t.equal(of().of(1), undefined)
  const one = home(0)
  const homes = of(one)
  homes.remove(one)
  t.equal(homes.of(1), undefined)
})

for (const size of [1, 2, 4, 7, 16, 64]) {
  t.test(`each of ${size} members has its share, within a quarter`, async t => {
    const counts = new Map<Home | undefined, number>()
    for (const member of map(of(...Array.from({ length: size }, (_, place) => home(place))))) counts.set(member, (counts.get(member) ?? 0) + 1)
    t.equal(counts.size, size)
    for (const count of counts.values()) t.ok(Math.abs(count * size / CLIENTS - 1) < 0.25, `${count} of ${CLIENTS / size}`)
  })

  t.test(`a member that joins ${size} others takes its share, and moves no other client`, async t => {
    const homes = of(...Array.from({ length: size }, (_, place) => home(place)))
    const before = map(homes)
    const another = home(size)
    homes.add(another)
    const after = map(homes)
    t.same(after.filter((member, client) => member !== before[client] && member !== another), [])
    const share = after.filter(member => member === another).length * (size + 1) / CLIENTS
    t.ok(Math.abs(share - 1) < 0.25, `${share} of its share`)
    homes.remove(another)
    t.strictSame(map(homes), before, 'and all return when it leaves')
  })
}

t.test('a member that leaves gives its clients to all the others, and moves no other client', async t => {
  const members = [home(0), home(1), home(2), home(3)] as const
  const homes = of(...members)
  const before = map(homes)
  homes.remove(members[1])
  const after = map(homes)
  t.same(after.filter((member, client) => before[client] !== members[1] && member !== before[client]), [])
  const heirs = new Set(after.filter((_, client) => before[client] === members[1]))
  t.equal(heirs.size, 3)
})

t.test('a successor has the clients of its predecessor, whichever of the two leaves', async t => {
  const members = [home(0), home(1), home(2)] as const
  const homes = of(...members)
  const before = map(homes)
  const successor = home(1, 'successor')
  homes.add(successor)
  const after = map(homes)
  t.ok(after.every((member, client) => member?.place === before[client]?.place))
  t.ok(after.includes(successor))
  t.notOk(after.includes(members[1]))
  homes.remove(successor)
  t.strictSame(map(homes), before)
})

t.test('a client whose home may not take it always has the same substitute', async t => {
  const members = [home(0), home(1), home(2)] as const
  const homes = of(...members)
  for (const client of [1, 77, 4_096]) {
    const own = homes.of(client) as Home
    const other = homes.best(client, member => member !== own) as Home
    t.not(other, own)
    homes.remove(own)
    t.equal(homes.of(client), other, 'the home that it would have without its own')
    homes.add(own)
  }
  t.equal(homes.best(1, () => false), undefined)
})
