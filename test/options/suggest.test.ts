import t from 'tap'
import { nearest } from '../../lib/options/suggest.js'

const names = ['workers', 'maxPending', 'recycle.rss', 'grace', 'name', 'port', 'fd']

for (const [written, meant] of [
  ['worker', 'workers'],
  ['wrokers', 'workers'],
  ['workres', 'workers'],
  ['MAX_PENDING', 'maxPending'],
  ['max-pendign', 'maxPending'],
  ['recycleRss', 'recycle.rss'],
  ['prot', 'port'],
  ['fb', undefined],
  ['colour', undefined],
  ['', undefined]
] as const) {
  t.test(`who writes '${written}' means ${meant ?? 'nothing of ours'}`, async t => {
    t.equal(nearest(written, names), meant)
  })
}

t.test('of two names that are near the nearest is meant', async t => {
  t.equal(nearest('stickyWaits', ['stickyWatch', 'stickyWait']), 'stickyWait')
})
