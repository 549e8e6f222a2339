import { gzipSync } from 'node:zlib'
import prometheus from 'prom-client'
import t from 'tap'
import type { Metric } from '../../lib/admin/metrics/metric.js'
import { Sum } from '../../lib/admin/metrics/sum.js'

/** The packed metrics of a worker whose app has counted this far. */
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

/** One metric as prom-client's `getMetricsAsJSON()` returns it in a worker. */
function gauge (name: string, more: object = {}): object {
  return { name, help: 'A gauge.', type: 'gauge', aggregator: 'sum', values: [{ value: 1, labels: {} }], ...more }
}

const own: Metric[] = [{ name: 'shared_fastify_own', help: 'Ours.', type: 'histogram', aggregator: 'sum', samples: new Map([['shared_fastify_own_count', 7]]) }]
const OURS = 'shared_fastify_own_count 7'

function createSum () {
  const problems: Array<[number, string]> = []
  return { sum: new Sum((id, problem) => { problems.push([id, problem]) }), problems }
}

/** The sample lines of a scrape. */
function lines (sum: Sum): string[] {
  return sum.text(own).split('\n').filter(line => line !== '' && !line.startsWith('#')).sort()
}

t.test("the workers' metrics are added up, next to our own", async t => {
  const { sum, problems } = createSum()
  sum.update(1, await measured(5))
  sum.update(2, await measured(20))
  t.same(lines(sum), ['count_total 25', 'now 25', OURS, 'sizes_bucket{kind="a",le="+Inf"} 2', 'sizes_bucket{kind="a",le="10"} 1', 'sizes_count{kind="a"} 2', 'sizes_sum{kind="a"} 25'])
  t.same(problems, [])
})

t.test('the values of one series are combined as its aggregator says', async t => {
  const { sum } = createSum()
  for (const [id, value] of [[1, 4], [2, 8]] as const) {
    sum.update(id, pack(['first', 'average', 'min', 'max', 'omit'].map(aggregator => gauge(aggregator, { aggregator, values: [{ value, labels: {} }] }))))
  }
  t.same(lines(sum), ['average 6', 'first 8', 'max 8', 'min 4', OURS])
})

t.test('series with the same labels in another order are one series; series that only look alike are two', async t => {
  const { sum } = createSum()
  const values = [{ a: 'x', b: 'y' }, { b: 'y', a: 'x,b:y' }, { b: 1, a: true }, { a: null }].map(labels => ({ value: 1, labels }))
  sum.update(1, pack([gauge('g', { values })]))
  sum.update(2, pack([gauge('g', { values: [{ value: 1, labels: { b: 'y', a: 'x' } }] })]))
  t.same(lines(sum), ['g{a="null"} 1', 'g{a="true",b="1"} 1', 'g{a="x",b="y"} 2', 'g{a="x,b:y",b="y"} 1', OURS])
})

t.test("a worker's new metrics replace its former ones", async t => {
  const { sum } = createSum()
  for (const count of [5, 6]) sum.update(1, await measured(count))
  t.match(lines(sum), ['count_total 6', 'now 6'])
})

t.test('the last metrics of a worker that does not answer still count', async t => {
  const { sum } = createSum()
  sum.update(1, await measured(5))
  sum.update(1, undefined)
  t.match(lines(sum), ['count_total 5', 'now 5'])
})

t.test('of an exited worker, only the metrics that grow still count, once', async t => {
  const { sum } = createSum()
  for (const id of [1, 2, 3]) sum.update(id, await measured(5))
  for (const id of [1, 2, 2]) sum.bury(id)
  t.match(lines(sum), ['count_total 15', 'now 5', OURS, /./, /./, 'sizes_count{kind="a"} 3', 'sizes_sum{kind="a"} 15'])
  sum.bury(3)
  t.match(lines(sum), ['count_total 15', OURS, /./, /./, 'sizes_count{kind="a"} 3'])
})

t.test('names of object properties work like all other names', async t => {
  const { sum, problems } = createSum()
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
  const values = [{ value: 1, labels: { constructor: 'a', toString: 'b' } }]
  for (const id of [1, 2]) sum.update(id, pack([...names.map(name => gauge(name, { type: 'counter', values })), gauge('last')]))
  sum.bury(1)
  t.same(lines(sum), ['__proto__', 'constructor', 'hasOwnProperty'].map(name => `${name}{constructor="a",toString="b"} 2`).concat('last 1', OURS, 'toString{constructor="a",toString="b"} 2'))
  t.same(problems, [])
})

t.test('special characters in texts are escaped', async t => {
  const { sum } = createSum()
  const evil = 'a"} 1\nforged 1\\'
  sum.update(1, pack([gauge('g', { help: evil, values: [{ value: 1, labels: { of: evil } }] })]))
  t.same(lines(sum), ['g{of="a\\"} 1\\nforged 1\\\\"} 1', OURS])
  t.match(sum.text(own), '# HELP g a"} 1\\nforged 1\\\\\n')
})

t.test('NaN and Infinity are preserved', async t => {
  const { sum } = createSum()
  sum.update(1, pack([gauge('a', { values: [{ value: 'NaN', labels: { of: 'a' } }, { value: '-Infinity', labels: { of: 'b' } }, { value: 'Infinity', labels: { of: 'c' } }] })]))
  t.same(lines(sum), ['a{of="a"} NaN', 'a{of="b"} -Inf', 'a{of="c"} +Inf', OURS])
})

const histogram = { type: 'histogram', values: [{ value: 1, labels: { le: 1 }, metricName: 'h_bucket' }] }

for (const [what, metric, reason] of [
  ['a name with a line break', gauge('a 1\nforged'), /invalid metric name/],
  ['no name', gauge(''), /invalid metric name/],
  ['a name that begins with a digit', gauge('1a'), /invalid metric name/],
  ['a name that is not a string', { ...gauge('a'), name: ['a'] }, /invalid metric name/],
  ['a name with our prefix', gauge('shared_fastify_ready'), /are reserved/],
  ['no help', gauge('a', { help: undefined }), /no help/],
  ['a help text that is not a string', gauge('a', { help: {} }), /no help/],
  ['a type that Prometheus does not know', gauge('a', { type: 'stateset' }), /unknown type 'stateset'/],
  ['a type with a line break', gauge('a', { type: 'gauge\nforged 1' }), /unknown type/],
  ['a type that is a property of every object', gauge('a', { type: 'constructor' }), /unknown type 'constructor'/],
  ['an unknown aggregator', gauge('a', { aggregator: 'avg' }), /unknown aggregator 'avg'/],
  ['an aggregator that is a property of every object', gauge('a', { aggregator: 'constructor' }), /unknown aggregator 'constructor'/],
  ['no values', gauge('a', { values: {} }), /no values/],
  ['an incomplete value', gauge('a', { values: [1] }), /incomplete/],
  ['a value without labels', gauge('a', { values: [{ value: 1 }] }), /incomplete/],
  ['a value that is a string', gauge('a', { values: [{ value: '1\nforged 1', labels: {} }] }), /not a number/],
  ['a label with a quote', gauge('a', { values: [{ value: 1, labels: { 'a="b",c': 'd' } }] }), /invalid label name/],
  ['a label without a name', gauge('a', { values: [{ value: 1, labels: { '': 'd' } }] }), /invalid label name/],
  ['a reserved label', gauge('a', { values: [{ value: 1, labels: { __name__: 'up' } }] }), /invalid label name/],
  ['the label __proto__', '{"name":"a","help":"","type":"gauge","aggregator":"sum","values":[{"value":1,"labels":{"__proto__":"x"}}]}', /invalid label name/],
  ['a label whose value is an array', gauge('a', { values: [{ value: 1, labels: { a: ['"} 1\nforged 1'] } }] }), /is not text/],
  ['samples with the name of another metric', gauge('a', { values: [{ value: 1, labels: {}, metricName: 'up' }] }), /cannot have samples named 'up'/],
  ['samples with a name that is not a string', gauge('a', { values: [{ value: 1, labels: {}, metricName: {} }] }), /invalid sample name {}/],
  ['a bucket without its bound', gauge('h', { ...histogram, values: [{ value: 1, labels: {}, metricName: 'h_bucket' }] }), /lacks the label le/],
  ['a quantile without its label', gauge('s', { type: 'summary' }), /lacks the label quantile/],
  ['more samples than the limit', gauge('a', { values: Array.from({ length: 50_001 }, (_, i) => ({ value: 1, labels: { i } })) }), /exceed the limit of 50000/]
] as Array<[string, object | string, RegExp]>) {
  t.test(`a metric with ${what} is dropped, and all others are kept`, async t => {
    const { sum, problems } = createSum()
    const given = JSON.stringify([gauge('before'), '?', gauge('after')]).replace('"?"', () => typeof metric === 'string' ? metric : JSON.stringify(metric))
    sum.update(1, gzipSync(given).toString('base64'))
    t.same(lines(sum), ['after 1', 'before 1', OURS])
    t.match(problems, [[1, reason]])
  })
}

t.test('all dropped parts of one answer are reported in one line of bounded length', async t => {
  const { sum, problems } = createSum()
  sum.update(1, pack(Array.from({ length: 1_000 }, (_, i) => gauge(`${i} ${'x'.repeat(1_000)}`))))
  t.match(problems, [[1, /and 997 more$/]])
  t.equal(problems.length, 1)
  t.ok((problems[0]?.[1].length ?? Infinity) < 1_000)
})

t.test("if workers define a metric differently, the newest worker's definition counts", async t => {
  const { sum, problems } = createSum()
  sum.update(1, pack([gauge('a', { type: 'counter' }), gauge('b')]))
  sum.update(2, pack([gauge('a', { help: 'B' }), gauge('b')]))
  sum.update(3, pack([gauge('a', { type: 'counter', values: [] }), gauge('b')]))
  t.same(lines(sum), ['a 1', 'b 3', OURS])
  t.match(problems, [[2, /metric a: it is a gauge, but a counter in a newer worker/]])
  for (const id of [1, 3]) sum.bury(id)
  t.same(lines(sum), ['a 1', 'b 1', OURS], 'the metrics of exited workers give way too')
  sum.bury(2)
  t.same(lines(sum), ['a 1', OURS])
})

t.test('no two metrics have samples of the same name', async t => {
  const { sum, problems } = createSum()
  sum.update(1, pack([gauge('h', histogram), gauge('h_bucket'), gauge('h_count'), gauge('h_total')]))
  t.same(lines(sum), ['h_bucket{le="1"} 1', 'h_total 1', OURS])
  t.match(problems, [[1, /metric h_bucket: h already has samples named h_bucket/], [1, /h_count/]])
})

t.test('the number of samples kept for exited workers is limited', async t => {
  const { sum, problems } = createSum()
  for (let id = 1; id <= 6; id++) {
    sum.update(id, pack([gauge('a', { type: 'counter', values: Array.from({ length: 10_000 }, (_, i) => ({ value: 1, labels: { of: `${id} ${i}` } })) })]))
    sum.bury(id)
  }
  t.equal(lines(sum).length, 50_001)
  t.match(problems, [[6, /not kept/]])
})

t.test('the total size of all workers is limited, and our own metrics are always included', async t => {
  const { sum, problems } = createSum()
  for (const id of [1, 2, 3]) sum.update(id, pack([gauge('long', { values: [{ value: 1, labels: { of: String(id).repeat(7 * 1024 * 1024) } }] }), gauge(`short${id}`)]))
  t.same(lines(sum), [OURS, 'short1 1', 'short2 1', 'short3 1'])
  t.match(problems, [[3, /metric long: the metrics of all workers would exceed 16777216 bytes/]])
})

t.test('data that is not metrics is rejected, and does no harm', async t => {
  const { sum } = createSum()
  sum.update(1, await measured(5))
  for (const wrong of ['', 'no base64!', Buffer.from('no gzip').toString('base64'), gzipSync('no JSON').toString('base64'), pack({}), pack(null), gzipSync('['.repeat(20 * 1024 * 1024)).toString('base64')]) {
    t.throws(() => { sum.update(1, wrong) }, wrong.slice(0, 100))
  }
  t.match(lines(sum), ['count_total 5'])
  sum.update(1, pack([1, null, {}, []]))
  t.same(lines(sum), [OURS])
})
