import { gzipSync } from 'node:zlib'
import prometheus from 'prom-client'
import t from 'tap'
import { type Metric, Sum } from '../../lib/admin/metrics/sum.js'

/** What a worker's app says that has counted so far. */
async function measured (count: number): Promise<string> {
  const registers = [new prometheus.Registry()]
  new prometheus.Counter({ name: 'count_total', help: 'A count.', registers }).inc(count)
  new prometheus.Gauge({ name: 'now', help: 'A gauge.', registers }).set(count)
  new prometheus.Histogram({ name: 'sizes', help: 'Sizes.', buckets: [10], labelNames: ['kind'], registers }).observe({ kind: 'a' }, count)
  return pack(await registers[0]?.getMetricsAsJSON())
}

function pack (value: unknown): string {
  return gzipSync(JSON.stringify(value)).toString('base64')
}

const own: Metric[] = [{ name: 'own', help: 'Ours.', type: 'gauge', aggregator: 'sum', values: [{ value: 7, labels: {} }] }]

async function lines (sum: Sum): Promise<string[]> {
  return (await sum.text(own)).split('\n').filter(line => line !== '' && !line.startsWith('#')).sort()
}

t.test('what workers measure is added up, beside our own', async t => {
  const sum = new Sum()
  sum.update(1, await measured(5))
  sum.update(2, await measured(20))
  t.same(await lines(sum), ['count_total 25', 'now 25', 'own 7', 'sizes_bucket{le="+Inf",kind="a"} 2', 'sizes_bucket{le="10",kind="a"} 1', 'sizes_count{kind="a"} 2', 'sizes_sum{kind="a"} 25'])
})

t.test('what a worker says takes the place of what it said before', async t => {
  const sum = new Sum()
  for (const count of [5, 6]) sum.update(1, await measured(count))
  t.match(await lines(sum), ['count_total 6', 'now 6'])
})

t.test('who says nothing counts as before', async t => {
  const sum = new Sum()
  sum.update(1, await measured(5))
  sum.update(1, undefined)
  t.match(await lines(sum), ['count_total 5', 'now 5'])
})

t.test('of a worker that is gone counts what only grows, once', async t => {
  const sum = new Sum()
  for (const id of [1, 2, 3]) sum.update(id, await measured(5))
  for (const id of [1, 2, 2]) await sum.bury(id)
  t.match(await lines(sum), ['count_total 15', 'now 5', 'own 7', /./, /./, 'sizes_count{kind="a"} 3', 'sizes_sum{kind="a"} 15'])
  await sum.bury(3)
  t.match(await lines(sum), ['count_total 15', 'own 7', /./, /./, 'sizes_count{kind="a"} 3'])
})

t.test('what an app names like ours is not taken for ours', async t => {
  const sum = new Sum()
  sum.update(1, pack(own))
  t.same(await lines(sum), ['own 7'])
})

t.test('a value that is no number, or has no end, stays so', async t => {
  const sum = new Sum()
  sum.update(1, pack([{ name: 'a', help: 'A.', type: 'gauge', aggregator: 'sum', values: [{ value: 'NaN', labels: { of: 'a' } }, { value: '-Infinity', labels: { of: 'b' } }] }]))
  t.same(await lines(sum), ['a{of="a"} Nan', 'a{of="b"} -Inf', 'own 7'])
})

t.test('what is no metrics is refused, and harms nothing', async t => {
  const sum = new Sum()
  sum.update(1, await measured(5))
  for (const wrong of ['', 'no base64!', Buffer.from('no gzip').toString('base64'), gzipSync('no JSON').toString('base64'), pack({}), pack([1]), pack([{ name: 1 }]), pack([{ ...own[0], aggregator: 'avg' }]), pack([{ ...own[0], values: [1] }]), pack([{ ...own[0], help: undefined }]), pack([{ ...own[0], values: [{ value: 'many', labels: {} }] }]), pack([null])]) {
    t.throws(() => { sum.update(1, wrong) }, JSON.stringify(wrong))
  }
  t.match(await lines(sum), ['count_total 5'])
})
