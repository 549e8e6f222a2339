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
  t.test(`'${written}' suggests ${meant ?? 'nothing'}`, async t => {
    t.equal(nearest(written, names), meant)
  })
}

t.test('of two similar names, the more similar one is suggested', async t => {
  t.equal(nearest('stickyWaits', ['stickyWatch', 'stickyWait']), 'stickyWait')
})
