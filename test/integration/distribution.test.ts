import t from 'tap'
import { countServed, inTurn, perLane, start } from '../helper.js'

for (const [first, last] of [[1, 3], [5, 7]] as const) {
  perLane(t, `exact round robin: every worker gets the same share, of ${first} to ${last}`, async (t, lane) => {
    const app = start(t, 'app.mjs', { options: { workers: first, lane, ...inTurn } })
    const url = await app.url()
    for (let workers: number = first; ; workers++) {
      const served = await countServed(url, workers * 20)
      t.equal(served.size, workers)
      for (const [id, count] of served) t.equal(count, 20, `worker ${id} of ${workers}`)
      if (workers === last) return
      process.kill(app.pid, 'SIGTTIN')
      await app.workers(workers + 1)
    }
  })
}
