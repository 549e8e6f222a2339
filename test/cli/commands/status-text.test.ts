import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import type { Status, WorkerStats } from '../../../types/index.js'
import { statusText } from '../../../lib/cli/commands/status-text.js'
import { createWorker, FakeAdmin } from '../../admin/fake-admin.js'

const { status } = new FakeAdmin()

const workers: WorkerStats[] = [
  createWorker(1),
  createWorker(123, { slot: 63, pid: 4_194_303, state: 'draining', age: 86_300_000, generation: 12, open: 1_234, handedOffRate: 1_234, requestRate: 12_345, utilization: 1, delay: 1_234, rss: 1_072_693_248, restarts: 12 })
]

function text (more: Partial<Status>, options = {}): string[] {
  return statusText({ ...status, workers, ...more }, options).replace(/\x1b\[\d+m/g, '').split('\n') // eslint-disable-line no-control-regex
}

t.test('a primary fits on a terminal of 80 columns, with bars too', async t => {
  for (const bars of [false, true]) t.strictSame(text({ name: 'a-name-of-thirty-two-characters-' }, { bars }).filter(line => line.length > 80), [])
  t.match(text({}, { bars: true, width: 120 }).join('\n'), /█/, 'bars are shown if there is room')
})

t.test('nothing in the status of a primary makes a line of its own, or controls the terminal', async t => {
  const hostile = 'x\n\u001b[2J'
  const lines = text({ name: hostile, app: hostile, policy: hostile as Status['policy'], listeners: [{ ...status.listeners[0]!, addresses: [hostile] }] }, { width: 500 })
  for (const line of lines) t.equal(stripVTControlCharacters(line), line)
  t.equal(lines.filter(line => line.includes('x\\n\\x1b[2J')).length, 3, 'the name, the address with the policy, and the app')
  t.equal(lines.length, text({}, { width: 500 }).length)
})
