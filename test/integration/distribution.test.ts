import t from 'tap'
import { countServed, inTurn, perLane, start } from '../helper.js'

for (const workers of [1, 2, 3, 4, 5, 7]) {
  perLane(t, `exact round robin: every one of ${workers} workers gets the same share`, async (t, lane) => {
    const app = start(t, 'app.mjs', { options: { workers, lane, ...inTurn } })
    const url = await app.url()
    const served = await countServed(url, workers * 20)
    t.equal(served.size, workers)
    for (const [id, count] of served) t.equal(count, 20, `worker ${id}`)
  })
}
