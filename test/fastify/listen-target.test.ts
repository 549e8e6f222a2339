import t from 'tap'
import { type GivenListenOptions, KeyNames, readListenTarget } from '../../lib/fastify/listen-target.js'

const plain = { port: 0, ipv6Only: false, reusePort: false, readableAll: false, writableAll: false, backlog: 511 }

const table: Array<[given: object, target: object]> = [
  [{ port: 3000 }, { ...plain, port: 3000 }],
  [{ port: '3000' }, { ...plain, port: 3000 }],
  [{ port: 0, host: '127.0.0.1' }, { ...plain, host: '127.0.0.1' }],
  [{ port: 65535 }, { ...plain, port: 65535 }],
  [{ port: undefined, host: 'localhost' }, { ...plain, host: 'localhost' }],
  [{ port: null }, plain],
  [{ port: 1, host: '' }, { ...plain, port: 1 }],
  [{ port: 1, backlog: 7, ipv6Only: true }, { ...plain, port: 1, backlog: 7, ipv6Only: true }],
  [{ port: 1, backlog: 0 }, { ...plain, port: 1 }],
  [{ port: 1, reusePort: true }, { ...plain, port: 1, reusePort: true }],
  [{ path: '/tmp/s' }, { ...plain, path: '/tmp/s' }],
  [{ path: '/tmp/s', readableAll: true, writableAll: true, backlog: 3 }, { ...plain, path: '/tmp/s', readableAll: true, writableAll: true, backlog: 3 }],
  [{ port: 80, path: '/tmp/s' }, { ...plain, port: 80 }],
  [{ port: undefined, path: '/tmp/s' }, { ...plain, path: '/tmp/s' }],
  [{ fd: 3 }, { ...plain, fd: 3 }],
  [{ fd: 0 }, { ...plain, fd: 0 }],
  [{ fd: 3, host: 'localhost', port: 80, path: '/tmp/s' }, { ...plain, fd: 3 }],
  [{ fd: -1, port: 80 }, { ...plain, port: 80 }]
]

for (const [given, target] of table) {
  t.test(`reads arguments as net does: ${JSON.stringify(given)}`, async t => {
    t.strictSame(readListenTarget(given as GivenListenOptions), target)
  })
}

for (const port of [-1, 65536, 1.5, NaN, Infinity, 'http', '', ' ', '80a']) {
  t.test(`rejects an invalid port with Node's error: ${JSON.stringify(port) ?? String(port)}`, async t => {
    t.throws(() => readListenTarget({ port } as GivenListenOptions), { name: 'RangeError', code: 'ERR_SOCKET_BAD_PORT', message: /^options\.port should be >= 0 and < 65536\. Received / })
  })
}

for (const given of [{ port: true }, { port: {} }, { port: [] }, {}, { host: 'localhost' }, { path: '' }, { path: undefined }, { fd: -1 }]) {
  t.test(`rejects arguments without an address: ${JSON.stringify(given)}`, async t => {
    t.throws(() => readListenTarget(given as GivenListenOptions), { code: 'ERR_INVALID_ARG_VALUE' })
  })
}

t.test('several places are one target, each with its own options, and the key has the first one', async t => {
  const target = readListenTarget({ port: 80, host: '::', ipv6Only: true, others: [{ path: '/s', backlog: 9 }, { fd: 3 }] })
  t.strictSame(target, { ...plain, port: 80, host: '::', ipv6Only: true, others: [{ ...plain, path: '/s', backlog: 9 }, { ...plain, fd: 3 }] })
  t.equal(new KeyNames().next(target, 0), ':::80 and 2 more')
})

t.test('apps that listen on ports chosen by the kernel have the same keys in every process, in whatever order they listen', async t => {
  const target = readListenTarget({ port: 0, host: '::1' })
  const names = (...places: number[]): string[] => {
    const keys = new KeyNames()
    return places.map(place => keys.next(target, place))
  }
  t.same(names(0, 1, 2), ['::1:0', '::1:0@2', '::1:0@3'])
  t.same(names(2, 1, 0), ['::1:0@3', '::1:0@2', '::1:0'])
  t.equal(new KeyNames().next(readListenTarget({ port: 80 }), 1), '*:80')
})

t.test('the same calls of listen() in the same order have the same keys in every process', async t => {
  const calls = [{ port: 80 }, { port: 0, host: 'localhost' }, { path: '/tmp/s' }, { port: 0, host: 'localhost' }, { fd: 3 }, { port: 0, host: '::1' }, { port: 0, host: 'localhost' }]
  const keys = (): string[] => {
    const names = new KeyNames()
    return calls.map(call => names.next(readListenTarget(call), 0))
  }
  t.same(keys(), ['*:80', 'localhost:0', '/tmp/s', 'localhost:0#2', 'fd:3', '::1:0', 'localhost:0#3'])
  t.same(keys(), keys())
})
