import t from 'tap'
import { Tournament } from '../../../lib/primary/dealing/tournament.js'
import { createRandom } from '../../fakes.js'

t.test('without keys nobody leads', async t => {
  for (const places of [0, 1, 5]) t.equal(new Tournament(places).least, Infinity)
})

for (const places of [1, 2, 3, 4, 5, 8, 13, 64, 100]) {
  t.test(`of ${places} places it finds the first with the lowest key, from any place on`, async t => {
    const random = createRandom(places)
    const tournament = new Tournament(places)
    const keys = Array.from({ length: places }, () => Infinity)
    const wrong: string[] = []
    for (let step = 0; step < 500; step++) {
      const place = Math.floor(random() * places)
      const key = random() < 0.3 ? Infinity : Math.floor(random() * 4)
      keys[place] = key
      tournament.set(place, key)
      const least = Math.min(...keys)
      const from = Math.floor(random() * places)
      const expected = keys.map((_, passed) => (from + passed) % places).find(place => keys[place] === least)
      if (tournament.least !== least) wrong.push(`step ${step}: ${tournament.least} is not the least, ${least}`)
      else if (least < Infinity && tournament.first(from) !== expected) wrong.push(`step ${step}: from ${from} on ${tournament.first(from)}, not ${expected}`)
    }
    t.same(wrong, [])
  })
}
