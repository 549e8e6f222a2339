import { EventEmitter } from 'node:events'
import t from 'tap'
import { explain, MOST_UNREAD } from '../../lib/admin/events.js'
import { History } from '../../lib/admin/history.js'
import type { Operable } from '../../lib/admin/operable.js'
import type { SharedPortEvents } from '../../types/index.js'

t.test("an error's text includes its causes, up to a limit", async t => {
  const err = new Error('the reload failed', { cause: new Error('worker 3 exited', { cause: new Error('no such table') }) })
  t.equal(explain(err), 'the reload failed: worker 3 exited: no such table')
  t.equal(explain(new Error('x'.repeat(1_000_000))), `${'x'.repeat(997)}...`)
  err.cause = err
  t.equal(explain(err).length, 1_000)
  t.equal(explain(new Error('thrown', { cause: 'what is no error' })), 'thrown')
})

t.test('whatever the errors, the history fits into what a follower may leave unread', async t => {
  const events = new EventEmitter<SharedPortEvents>()
  const history = new History({ events, status: () => ({ reload: null }) } as Partial<Operable> as Operable)
  t.teardown(() => { history.close() })
  let error = new Error('\0'.repeat(16_384))
  for (let causes = 0; causes < 8; causes++) error = new Error('\0'.repeat(16_384), { cause: error })
  for (let generation = 1; generation <= 1_000; generation++) events.emit('reload-aborted', { generation, error })
  t.equal(history.happened.length, 200)
  t.ok(Buffer.byteLength(JSON.stringify(history.happened)) < MOST_UNREAD)
})
