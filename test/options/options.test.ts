import t from 'tap'
import { readFileSync } from 'node:fs'
import { inspect } from 'node:util'
import { assertSameOptions, readOptions } from '../../lib/options/options.js'

const defaults = {
  workers: 'auto',
  grace: 10_000,
  signals: true,
  upgradeSignal: false,
  lane: 'auto',
  takeBackAfter: 2,
  returnAfter: 5_000,
  returnOnDrain: true,
  rescueAfter: 2,
  bootTimeout: 30_000,
  reload: { concurrency: 1 },
  livenessTimeout: 30_000,
  recycle: { jitter: 0.1 },
  maxRestarts: { within: 60_000 },
  closeDelay: 0,
  policy: 'round-robin',
  stickyWait: 1_000,
  stickyIpv6Prefix: 64,
  stallAfter: 50,
  saturation: {},
  maxPending: 1_024,
  onOverload: 'wait',
  pendingTimeout: 10_000,
  ticketLifetime: 43_200_000,
  control: true
}
const NAMES = 'workers, grace, signals, upgradeSignal, lane, takeBackAfter, returnAfter, returnOnDrain, rescueAfter, bootTimeout, readyCheck, reload, livenessTimeout, recycle, maxRestarts, closeDelay, user, group, socketMode, onWorkerStart, onWorkerExit, policy, stickyWait, stickyIpv6Prefix, stallAfter, saturation, maxPending, onOverload, pendingTimeout, maxConnectionsPerWorker, ticketLifetime, control, admin'

t.test('without options the defaults apply', async t => {
  t.same(readOptions({}), defaults)
  t.same(readOptions(undefined), defaults)
})

t.test('an undefined option has its default', async t => {
  t.same(readOptions({ workers: undefined, grace: undefined, signals: undefined, lane: undefined, takeBackAfter: undefined, bootTimeout: undefined, reload: { concurrency: undefined }, livenessTimeout: undefined, recycle: { rss: undefined, jitter: undefined }, user: undefined, policy: undefined }), defaults)
})

t.test('given options are kept', async t => {
  const given = {
    workers: 3,
    grace: 0,
    signals: false,
    upgradeSignal: true,
    lane: 'ipc',
    takeBackAfter: 0,
    returnAfter: 0,
    returnOnDrain: false,
    rescueAfter: 0,
    bootTimeout: 0,
    readyCheck () {},
    reload: { concurrency: 4 },
    livenessTimeout: 0,
    recycle: { requests: 1, rss: 1, age: 1, jitter: 0 },
    maxRestarts: { count: 0, within: 1 },
    closeDelay: 1,
    user: 'www-data',
    group: 33,
    socketMode: 0o660,
    onWorkerStart () {},
    onWorkerExit () {},
    policy () {},
    stickyWait: 0,
    stickyIpv6Prefix: 128,
    stallAfter: 20,
    saturation: { utilization: 0.9, delay: 1 },
    maxPending: 1,
    onOverload: 'shed',
    pendingTimeout: 0,
    maxConnectionsPerWorker: 1,
    ticketLifetime: 0,
    control: false,
    admin: { port: 9_000, host: 'localhost', token: '0123456789abcdef', hosts: ['admin.example.org'] }
  }
  t.same(readOptions(given), given)
})

for (const option of [{ workers: 'auto' }, { workers: 0 }, { workers: 1 }, { workers: 1024 }, { grace: 0 }, { grace: 2 ** 31 - 1001 }]) {
  t.test(`${JSON.stringify(option)} is accepted`, async t => {
    t.match(readOptions(option), option)
  })
}

t.test('sizes and modes given as text become numbers', async t => {
  for (const [text, bytes] of [['100', 100], ['100b', 100], ['2kb', 2_048], ['512MB', 2 ** 29], ['1.5 gb', 1.5 * 2 ** 30]] as const) {
    t.equal(readOptions({ recycle: { rss: text } }).recycle.rss, bytes)
  }
  for (const text of ['660', '0660']) t.equal(readOptions({ socketMode: text }).socketMode, 0o660)
})

t.test("the admin server's address may be a port, a text or an object", async t => {
  const local = { hosts: [], host: '127.0.0.1', port: 9_000 }
  for (const admin of [9_000, '9000', '127.0.0.1:9000', { port: 9_000 }]) t.same(readOptions({ admin }).admin, local)
  t.same(readOptions({ admin: '[::1]:9000' }).admin, { ...local, host: '::1' })
  t.same(readOptions({ admin: 'localhost:0' }).admin, { ...local, host: 'localhost', port: 0 })
})

t.test('the options cannot be changed', async t => {
  const options = readOptions({ workers: 2 }) as { workers: number }
  t.throws(() => { options.workers = 3 }, TypeError)
  t.equal(options.workers, 2)
})

t.test("the caller's object is not changed", async t => {
  const given = { workers: 2, grace: undefined, reload: {} }
  readOptions(given)
  t.strictSame(given, { workers: 2, grace: undefined, reload: {} })
  t.same(readOptions(Object.freeze({ workers: 2 })), { ...defaults, workers: 2 })
})

const WORKERS = "option 'workers' must be 'auto' or an integer from 0 to 1024, got "
const GRACE = "option 'grace' must be an integer from 0 to 2147482647 (milliseconds), got "
const SIGNALS = "option 'signals' must be true or false, got "
const LANE = "option 'lane' must be 'auto', 'native' or 'ipc', got "
const TAKE_BACK = "option 'takeBackAfter' must be an integer from 0 to 2147483647 (milliseconds, 0 for never), got "
const POLICY = "option 'policy' must be 'round-robin', 'least-connections', 'sticky' or a function, got "

const wrong: Array<[given: object, message: string]> = [
  [{ workers: -1 }, `${WORKERS}-1`],
  [{ workers: 1.5 }, `${WORKERS}1.5`],
  [{ workers: NaN }, `${WORKERS}NaN`],
  [{ workers: Infinity }, `${WORKERS}Infinity`],
  [{ workers: 'many' }, `${WORKERS}'many'`],
  [{ workers: '4' }, `${WORKERS}'4'`],
  [{ workers: 1025 }, `${WORKERS}1025`],
  [{ workers: 100_000 }, `${WORKERS}100000`],
  [{ workers: null }, `${WORKERS}null`],
  [{ workers: true }, `${WORKERS}true`],
  [{ workers: 4n }, `${WORKERS}4n`],
  [{ workers: [4] }, `${WORKERS}[ 4 ]`],
  [{ grace: -1 }, `${GRACE}-1`],
  [{ grace: 0.5 }, `${GRACE}0.5`],
  [{ grace: NaN }, `${GRACE}NaN`],
  [{ grace: Infinity }, `${GRACE}Infinity`],
  [{ grace: 2 ** 31 - 1000 }, `${GRACE}2147482648`],
  [{ grace: '10s' }, `${GRACE}'10s'`],
  [{ grace: null }, `${GRACE}null`],
  [{ signals: 'no' }, `${SIGNALS}'no'`],
  [{ signals: 0 }, `${SIGNALS}0`],
  [{ signals: null }, `${SIGNALS}null`],
  [{ lane: 'carrier pigeon' }, `${LANE}'carrier pigeon'`],
  [{ lane: null }, `${LANE}null`],
  [{ lane: 'toString' }, `${LANE}'toString'`],
  [{ takeBackAfter: -1 }, `${TAKE_BACK}-1`],
  [{ takeBackAfter: 0.5 }, `${TAKE_BACK}0.5`],
  [{ takeBackAfter: true }, `${TAKE_BACK}true`],
  [{ returnAfter: -1 }, `${TAKE_BACK.replace('takeBackAfter', 'returnAfter')}-1`],
  [{ rescueAfter: 0.5 }, `${TAKE_BACK.replace('takeBackAfter', 'rescueAfter')}0.5`],
  [{ returnOnDrain: 1 }, "option 'returnOnDrain' must be true or false, got 1"],
  [{ bootTimeout: -1 }, "option 'bootTimeout' must be an integer from 0 to 2147483647 (milliseconds, 0 for no limit), got -1"],
  [{ reload: 1 }, "option 'reload' must be an object, got 1"],
  [{ reload: null }, "option 'reload' must be an object, got null"],
  [{ reload: { concurrency: 0 } }, "option 'reload.concurrency' must be an integer from 1 to 1024, got 0"],
  [{ readyCheck: true }, "option 'readyCheck' must be a function, got true"],
  [{ onWorkerStart: 'start' }, "option 'onWorkerStart' must be a function, got 'start'"],
  [{ onWorkerExit: {} }, "option 'onWorkerExit' must be a function, got {}"],
  [{ livenessTimeout: 1_999 }, "option 'livenessTimeout' must be 0 (never) or an integer from 2000 to 2147483647 (milliseconds), got 1999"],
  [{ recycle: 100 }, "option 'recycle' must be an object, got 100"],
  [{ recycle: { requests: 0 } }, "option 'recycle.requests' must be an integer from 1 on, got 0"],
  [{ recycle: { rss: '512 pages' } }, "option 'recycle.rss' must be bytes, an integer from 1 on, or a text like '512mb', got '512 pages'"],
  [{ recycle: { rss: 0 } }, "option 'recycle.rss' must be bytes, an integer from 1 on, or a text like '512mb', got 0"],
  [{ recycle: { age: '1d' } }, "option 'recycle.age' must be an integer from 1 on (milliseconds), got '1d'"],
  [{ recycle: { jitter: 1.1 } }, "option 'recycle.jitter' must be a number from 0 to 1, got 1.1"],
  [{ recycle: { request: 1 } }, "unknown option 'recycle.request': did you mean 'recycle.requests'?"],
  [{ recycle: { memory: 1 } }, "unknown option 'recycle.memory': the options are recycle.requests, recycle.rss, recycle.age, recycle.jitter"],
  [{ maxRestarts: 3 }, "option 'maxRestarts' must be an object, got 3"],
  [{ maxRestarts: { count: -1 } }, "option 'maxRestarts.count' must be an integer from 0 to 1000000, got -1"],
  [{ maxRestarts: { within: 500 } }, "option 'maxRestarts.within' needs option 'maxRestarts.count', which is not given; got 500"],
  [{ maxRestarts: { count: 1, within: 0 } }, "option 'maxRestarts.within' must be an integer from 1 to 2147483647 (milliseconds), got 0"],
  [{ closeDelay: -1 }, "option 'closeDelay' must be an integer from 0 to 2147483647 (milliseconds), got -1"],
  [{ user: '' }, "option 'user' must be a name or an integer from 0 to 2147483647, got ''"],
  [{ user: 2 ** 32 }, "option 'user' must be a name or an integer from 0 to 2147483647, got 4294967296"],
  [{ user: '-r' }, "option 'user' must be a name or an integer from 0 to 2147483647, got '-r'"],
  [{ group: 'a:b' }, "option 'group' must be a name or an integer from 0 to 2147483647, got 'a:b'"],
  [{ group: '--version' }, "option 'group' must be a name or an integer from 0 to 2147483647, got '--version'"],
  [{ recycle: { rss: '0.2b' } }, "option 'recycle.rss' must be bytes, an integer from 1 on, or a text like '512mb', got '0.2b'"],
  [{ socketMode: '888' }, "option 'socketMode' must be a number up to 0o777, or octal digits like '660', got '888'"],
  [{ socketMode: 0o1000 }, "option 'socketMode' must be a number up to 0o777, or octal digits like '660', got 512"],
  [{ reload: { concurency: 1 } }, "unknown option 'reload.concurency': did you mean 'reload.concurrency'?"],
  [{ policy: 'favourites' }, `${POLICY}'favourites'`],
  [{ policy: 1 }, `${POLICY}1`],
  [{ stickyWait: -1 }, "option 'stickyWait' must be an integer from 0 to 2147483647 (milliseconds), got -1"],
  [{ stickyIpv6Prefix: 129 }, "option 'stickyIpv6Prefix' must be an integer from 1 to 128 (bits), got 129"],
  [{ stallAfter: 19 }, "option 'stallAfter' must be an integer from 20 to 2147483647 (milliseconds), got 19"],
  [{ saturation: 0.9 }, "option 'saturation' must be an object, got 0.9"],
  [{ saturation: { utilization: 0 } }, "option 'saturation.utilization' must be a number over 0, up to 1, got 0"],
  [{ saturation: { delay: 0.5 } }, "option 'saturation.delay' must be an integer from 1 to 2147483647 (milliseconds), got 0.5"],
  [{ maxPending: 0 }, "option 'maxPending' must be an integer from 1 to 1048576, got 0"],
  [{ onOverload: 'drop' }, "option 'onOverload' must be 'wait' or 'shed', got 'drop'"],
  [{ pendingTimeout: '10s' }, "option 'pendingTimeout' must be an integer from 0 to 2147483647 (milliseconds, 0 for no limit), got '10s'"],
  [{ maxConnectionsPerWorker: 0 }, "option 'maxConnectionsPerWorker' must be an integer from 1 to 1048576, got 0"],
  [{ control: '' }, "option 'control' must be true, false or a path, got ''"],
  ...['x', ':9000', '127.0.0.1:', 65_536, -1, 'a:65536', true, { host: '::1' }].map((admin): [object, string] => [{ admin }, `option 'admin' must be a port, a text like '127.0.0.1:9000', or an object with a port, got ${inspect(admin)}`]),
  [{ admin: { port: 65_536 } }, "option 'admin.port' must be an integer from 0 to 65535, got 65536"],
  [{ admin: { port: 1, token: 'short' } }, "option 'admin.token' must be at least 16 letters, digits or any of ._~+/-, got '***'"],
  [{ admin: { token: 'of-some-length-but-secret' } }, "option 'admin' must be a port, a text like '127.0.0.1:9000', or an object with a port, got { token: '***' }"],
  [{ admin: { port: 1, hosts: [''] } }, "option 'admin.hosts.0' must be the name of a host, got ''"],
  [{ admin: { port: 1, path: '/' } }, "unknown option 'admin.path': the options are admin.port, admin.host, admin.token, admin.hosts"],
  [{ ticketLifetime: -1 }, "option 'ticketLifetime' must be an integer from 0 to 2147483647 (milliseconds, 0 for ever), got -1"],
  [{ worker: 4 }, "unknown option 'worker': did you mean 'workers'?"],
  [{ MAX_PENDING: 4 }, "unknown option 'MAX_PENDING': did you mean 'maxPending'?"],
  [{ workers: -1, grace: 'x', colour: 'red' }, [
    `unknown option 'colour': the options are ${NAMES}`,
    `${WORKERS}-1`,
    `${GRACE}'x'`
  ].join('; ')]
]

for (const [given, message] of wrong) {
  t.test(`refused, with all mistakes in one message: ${message}`, async t => {
    t.throws(() => readOptions(given), { code: 'SHARED_PORT_ERR_OPTIONS', message })
  })
}

for (const given of ['4', 4, true, null, [4], () => {}]) {
  t.test(`a value that is not an object of options is refused: ${String(given)}`, async t => {
    t.throws(() => readOptions(given), { code: 'SHARED_PORT_ERR_OPTIONS' })
  })
}

for (const name of ['options', 'config-file']) {
  t.test(`the generated validator does not load Ajv: ${name}`, async t => {
    t.notMatch(readFileSync(new URL(`../../dist/validators/${name}.js`, import.meta.url), 'utf8'), /require\(|^import /m)
  })
}

t.test('two instances must have the same options', async t => {
  assertSameOptions(readOptions({}), readOptions({ workers: 'auto', reload: { concurrency: 1 } }))
  const first = readOptions({ workers: 2, grace: 5 })
  t.throws(() => assertSameOptions(first, readOptions({ workers: 'auto', grace: 5 })), {
    code: 'SHARED_PORT_ERR_OPTIONS_DIFFER',
    message: "Option 'workers' is 'auto' on this Fastify instance, but 2 on an earlier one: all instances of a process share its workers, so they need the same options"
  })
  for (const other of [{ grace: 6 }, { user: 'www-data' }, { onWorkerStart () {} }, { signals: false }, { lane: 'ipc' }, { reload: { concurrency: 2 } }]) {
    t.throws(() => assertSameOptions(first, readOptions({ workers: 2, grace: 5, ...other })), { code: 'SHARED_PORT_ERR_OPTIONS_DIFFER' })
  }
  assertSameOptions(first, readOptions({ workers: 2, grace: 5, readyCheck () {} })) // each app has its own
})
