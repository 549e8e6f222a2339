import t from 'tap'
import { startSummary } from '../../lib/cli/start-summary.js'

const ipv4 = { address: '127.0.0.1', family: 'IPv4', port: 3000 } as const
const ipv6 = { address: '::1', family: 'IPv6', port: 3000 } as const
const started = { names: [ipv4], plain: true, workers: 4, admin: undefined, atTerminal: true }

t.test('the start ends with the URL, the number of workers, and how to stop', async t => {
  t.same(startSummary(started), ['URL: http://127.0.0.1:3000', 'Workers: 4', 'Stop: Ctrl+C'])
})

t.test('the URL of an address that no browser can open names localhost', async t => {
  for (const names of [[{ ...ipv4, address: '0.0.0.0' }], [{ ...ipv6, address: '::' }], [ipv4, ipv6]]) {
    t.equal(startSummary({ ...started, names })[0], 'URL: http://localhost:3000')
  }
  t.equal(startSummary({ ...started, names: [ipv6] })[0], 'URL: http://[::1]:3000')
})

t.test('several places have a URL each, and the two addresses of localhost have one', async t => {
  const names = [ipv4, ipv6, '/run/app.sock', { ...ipv4, port: 4000 }, { ...ipv4, address: '192.0.2.1' }]
  t.same(startSummary({ ...started, names }).slice(0, 4), ['URL: http://localhost:3000', 'URL: http://127.0.0.1:4000', 'URL: http://192.0.2.1:3000', 'Workers: 4'])
})

t.test('a Unix socket has no URL, nor has an app that is known not to speak plain HTTP', async t => {
  t.same(startSummary({ ...started, names: ['/run/app.sock'] }), ['Workers: 4', 'Stop: Ctrl+C'])
  t.same(startSummary({ ...started, plain: false }), ['Workers: 4', 'Stop: Ctrl+C'])
})

t.test('where nobody can press Ctrl+C, the start ends with the command that stops the server', async t => {
  t.equal(startSummary({ ...started, atTerminal: false }).at(-1), `Stop: kill ${process.pid}`)
})

t.test('the admin page is named when there is one', async t => {
  t.ok(startSummary({ ...started, admin: 'http://127.0.0.1:9000' }).includes('Admin page: http://127.0.0.1:9000'))
  t.ok(startSummary({ ...started, admin: 'http://[::]:9000' }).includes('Admin page: http://localhost:9000'))
})
