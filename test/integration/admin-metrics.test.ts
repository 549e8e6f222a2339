import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { authorization, serve } from '../admin-server.js'
import { request } from '../helper.js'
import { runtimeFolder } from '../runtime-folder.js'

/** The value of a line in Prometheus' text format. For a name without labels, the sum of all its lines. */
async function metric (admin: string, name: string): Promise<number> {
  const { body } = await request(`${admin}/metrics`)
  return body.split('\n').filter(line => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
}

async function metricBecomes (t: Test, admin: string, line: string, expected: number): Promise<void> {
  let value
  while ((value = await metric(admin, line)) !== expected && t.passing()) await new Promise(resolve => { setTimeout(resolve, 50) })
  t.equal(value, expected, line)
}

t.test('metrics count what each slot does, across the exits of its workers', async t => {
  const { app, url, admin } = await serve(t)
  for (let i = 0; i < 4; i++) await request(url)
  await metricBecomes(t, admin, 'shared_fastify_requests_total', 4)
  await metricBecomes(t, admin, 'shared_fastify_request_duration_seconds_count', 4)
  t.equal(await metric(admin, 'shared_fastify_accepted_total'), 4)
  const first = await metric(admin, 'shared_fastify_requests_total{slot="0"}')
  t.equal(first + await metric(admin, 'shared_fastify_requests_total{slot="1"}'), 4)
  t.equal(await metric(admin, 'shared_fastify_workers{state="ready"}'), 2)
  t.ok(await metric(admin, 'shared_fastify_ack_seconds_count') > 0)
  process.kill((await app.workers(2))[0] as number, 'SIGKILL')
  await app.workers(3)
  t.equal(await metric(admin, 'shared_fastify_requests_total{slot="0"}'), first, 'the counts of a dead worker remain')
  t.equal(await metric(admin, 'shared_fastify_worker_restarts_total'), 1)
  t.match(await request(`${admin}/reload`, { method: 'POST', headers: { authorization } }), { status: 202, body: '{"generation":1}' })
  await app.event('reload-end')
  t.equal(await metric(admin, 'shared_fastify_requests_total'), 4)
  t.equal(await metric(admin, 'shared_fastify_reloads_total{result="completed"}'), 1)
  await app.stop()
})

t.test("the app's prom-client metrics are added up, and do not decrease at a reload or a crash", async t => {
  const { app, url, admin } = await serve(t)
  for (let i = 0; i < 4; i++) await request(url)
  await metricBecomes(t, admin, 'app_hits_total', 4)
  t.equal(await metric(admin, 'app_size_bucket{kind="a",le="10"}'), 4)
  t.match((await request(`${admin}/metrics`)).body, /^app_unknown NaN$/m)
  process.kill((await app.workers(2))[0] as number, 'SIGKILL')
  await app.workers(3)
  t.equal(await metric(admin, 'app_hits_total'), 4, 'as in its last answer')
  for (let i = 0; i < 4; i++) await request(url)
  await request(`${admin}/reload`, { method: 'POST', headers: { authorization } })
  await app.event('reload-end')
  t.equal(await metric(admin, 'app_hits_total'), 8, 'a worker that is told to exit sends its last metrics')
})

t.test('the metrics of a worker that started and exited between two scrapes count', async t => {
  const { app, url, admin } = await serve(t)
  const reload = async (count: number): Promise<void> => {
    await request(`${admin}/reload`, { method: 'POST', headers: { authorization } })
    await app.events('reload-end', count)
  }
  t.equal(await metric(admin, 'app_hits_total'), 0)
  await reload(1)
  for (let i = 0; i < 4; i++) await request(url)
  await reload(2)
  t.equal(await metric(admin, 'app_hits_total'), 4)
})

t.test('metrics of the app that cannot be written or added up do not affect the others', async t => {
  const { app, url, admin } = await serve(t)
  for (const path of ['/odd', '/big']) {
    await request(url + path)
    t.equal(await metric(admin, 'shared_fastify_ready'), 1)
    await app.event('metrics-error', ({ pid }) => (pid === app.pid) === (path === '/odd'))
  }
  t.notOk(app.lines.some(({ event }) => event === 'worker-exit'))
  await app.stop()
})

t.test("metrics that violate Prometheus' grammar are left out of a scrape, and reported once", async t => {
  const { app, url, admin } = await serve(t)
  await request(`${url}/forged`)
  await metricBecomes(t, admin, 'toJSON', 1)
  for (let scrape = 0; scrape < 3; scrape++) {
    const { status, body } = await request(`${admin}/metrics`)
    t.equal(status, 200)
    t.match(body, /^toJSON 1$/m)
    t.match(body, /^app_hits_total 0$/m)
    t.same(body.match(/^shared_fastify_ready .*$/gm), ['shared_fastify_ready 1'])
    t.same(body.split('\n').filter(line => !/^(|# (HELP|TYPE) [a-zA-Z_:][\w:]* .*|[a-zA-Z_:][\w:]*(\{([a-z]\w*="([^"\\]|\\.)*",?)*\})? (NaN|[+-]Inf|[-+.e\d]+))$/i.test(line)), [])
  }
  t.match((await app.event('metrics-error')).msg, /metrics of worker \d left out: metric 'quoted': invalid label name .*; metric 'typed': unknown type 'gauge\\nshared/)
  await app.stop()
  t.equal(app.lines.filter(({ event }) => event === 'metrics-error').length, 1)
})

t.test('a worker that does not answer does not block the metrics, and its last values count', async t => {
  const { url, admin } = await serve(t)
  const until = join(runtimeFolder(t).env.TMPDIR, 'go on')
  for (let i = 0; i < 4; i++) await request(url)
  await metricBecomes(t, admin, 'app_hits_total', 4)
  await request(`${url}/block?until=${encodeURIComponent(until)}`)
  await metricBecomes(t, admin, 'shared_fastify_silent_workers', 1)
  t.equal(await metric(admin, 'app_hits_total'), 4)
  writeFileSync(until, '')
  await metricBecomes(t, admin, 'shared_fastify_silent_workers', 0)
})
