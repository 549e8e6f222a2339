import { runInNewContext } from 'node:vm'
import t from 'tap'
import { fromNotice, toNotice } from '../lib/error-notice.js'
import { OptionsError } from '../lib/errors.js'

/** The error as it arrives in the other process. */
function arrived (err: unknown): Error & Record<string, unknown> {
  return fromNotice(JSON.parse(JSON.stringify(toNotice(err)))) as Error & Record<string, unknown>
}

const withParts = (parts: Record<string, unknown>): Error => Object.assign(new Error('failed'), parts)

t.test('an error arrives with its name, message, code and stack', async t => {
  const err = new OptionsError("option 'workers' must be ...")
  t.ok(arrived(err) instanceof Error)
  t.match(arrived(err), { name: err.name, message: err.message, code: 'SHARED_PORT_ERR_OPTIONS', stack: err.stack as string })
})

t.test('an error without a code arrives without one', async t => {
  t.notOk('code' in arrived(new TypeError('no')))
  t.equal(arrived(new TypeError('no')).name, 'TypeError')
})

for (const code of [14, 18, 0, -1, 1.5, null, true, 'ECONNREFUSED']) {
  t.test(`a code arrives unchanged: ${String(code)}`, async t => {
    t.equal(arrived(withParts({ code })).code, code)
    t.equal((arrived(new Error('outer', { cause: withParts({ code }) })).cause as { code: unknown }).code, code)
  })
}

t.test('the code of a DOMException is a number', async t => {
  t.match(arrived(AbortSignal.abort().reason), { name: 'AbortError', code: 20 })
  t.match(arrived(new DOMException('too late', 'TimeoutError')), { name: 'TimeoutError', code: 23 })
})

t.test('a system error arrives with its syscall, address and path', async t => {
  const parts = { code: 'EADDRINUSE', errno: -98, syscall: 'listen', address: '127.0.0.1', port: 80, path: '/a', dest: '/b', hostname: 'name.invalid' }
  t.match(arrived(withParts(parts)), parts)
  t.match(arrived(new Error('outer', { cause: withParts(parts) })).cause, parts)
  t.equal(arrived(withParts({ address: 'a'.repeat(100_000) })).address?.toString().length, 16_384)
})

t.test('system properties of other types are dropped', async t => {
  const err = arrived(withParts({ errno: NaN, syscall: null, address: { a: 1 }, port: 10n, path: () => {} }))
  for (const part of ['errno', 'syscall', 'address', 'port', 'path']) t.notOk(part in err)
})

for (const [code, text] of [[NaN, 'NaN'], [Infinity, 'Infinity'], [14n, '14n'], [Symbol('s'), 'Symbol(s)'], [{ a: 1 }, '{ a: 1 }'], [() => {}, '[Function: code]'], [['a'], "[ 'a' ]"]] as const) {
  t.test(`a code that JSON cannot represent arrives as text: ${text}`, async t => {
    t.equal(arrived(Object.defineProperty(new Error('failed'), 'code', { value: typeof code === 'function' ? { code: () => {} }.code : code })).code, text)
  })
}

t.test('a name, message or stack that is not a string arrives as text', async t => {
  t.match(arrived(withParts({ name: 5, message: { a: 1 }, stack: { frames: 1 } })), { name: '5', message: '{ a: 1 }', stack: '{ frames: 1 }' })
  t.match(arrived(withParts({ name: Symbol('n'), message: 10n, stack: null })), { name: 'Symbol(n)', message: '10n', stack: 'null' })
})

t.test('a stack of call sites shows their locations', async t => {
  const { prepareStackTrace } = Error
  Error.prepareStackTrace = (_err, sites) => sites
  const err = new TypeError('structured')
  t.ok(Array.isArray(err.stack))
  Error.prepareStackTrace = prepareStackTrace
  t.match(arrived(err).stack, /^TypeError: structured\n {4}at .*error-notice\.test\.ts:\d+/)
  t.match(arrived(withParts({ stack: [{ toString () { throw new Error('no text') } }] })).stack, /an unreadable error/)
})

t.test("exceptions of the app's getters, proxies and inspect() are contained", async t => {
  const getters = new Error('failed')
  for (const part of ['stack', 'name', 'message', 'code', 'cause', 'errors']) Object.defineProperty(getters, part, { get () { throw new Error(`no ${part}`) } })
  t.match(arrived(getters), { name: 'an unreadable error', message: 'an unreadable error' })
  t.notOk('code' in arrived(getters))
  const traps = new Proxy(new Error('failed'), { get () { throw new Error('get') } })
  t.match(arrived(traps), { message: 'an unreadable error' })
  const noPrototype = new Proxy(new Error('failed'), { getPrototypeOf () { throw new Error('getPrototypeOf') } })
  t.ok(arrived(noPrototype) instanceof Error)
  const { proxy, revoke } = Proxy.revocable(new Error('failed'), {})
  revoke()
  t.ok(arrived(proxy) instanceof Error)
  t.equal(arrived({ [Symbol.for('nodejs.util.inspect.custom')] () { throw new Error('inspect') } }).message, 'an unreadable error')
  t.ok(arrived(withParts({ code: { toJSON () { throw new Error('toJSON') } } })).code)
})

t.test('a proxy of an error, and an error of another realm, arrive as errors', async t => {
  t.match(arrived(new Proxy(withParts({ code: 5 }), {})), { message: 'failed', code: 5 })
  t.match(arrived(runInNewContext("Object.assign(new TypeError('elsewhere'), { code: 5 })")), { name: 'TypeError', message: 'elsewhere', code: 5 })
})

for (const [thrown, message] of [['a string', 'a string'], [undefined, 'undefined'], [null, 'null'], [{ a: 1 }, '{ a: 1 }'], [Symbol('s'), 'Symbol(s)'], [1n, '1n'], [Object.create(null), '[Object: null prototype] {}']] as const) {
  t.test(`a thrown value that is not an error arrives as one: ${message}`, async t => {
    t.ok(arrived(thrown) instanceof Error)
    t.equal(arrived(thrown).message, message)
  })
}

t.test('the causes of an error arrive, up to eight levels, even if they are circular', async t => {
  t.match(arrived(new Error('a', { cause: new Error('b', { cause: 'text' }) })), { cause: { message: 'b', cause: { message: 'text' } } })
  t.equal((arrived(withParts({ cause: null })).cause as Error).message, 'null')
  const circular = new Error('circular')
  circular.cause = circular
  let depth = 0
  for (let err: unknown = arrived(circular); err instanceof Error; err = err.cause) depth++
  t.equal(depth, 9)
})

t.test('the errors of an AggregateError arrive, 32 in total, even if they contain each other', async t => {
  const several = arrived(new AggregateError([withParts({ code: 1 }), 'text'], 'several'))
  t.match(several, { name: 'AggregateError', message: 'several', errors: [{ code: 1 }, { message: 'text' }] })
  t.ok(several instanceof AggregateError)
  const all = Array.from({ length: 100 }, () => new AggregateError([], 'all'))
  for (const err of all) err.errors = all
  const count = (err: unknown): number => 1 + ((err as AggregateError).errors ?? []).reduce((sum: number, inner: unknown) => sum + count(inner), 0)
  t.equal(count(arrived(all[0])), 32)
  t.notOk('errors' in arrived(withParts({ errors: 'none' })))
})

t.test('texts are of bounded length', async t => {
  const long = 'a'.repeat(10_000_000)
  const err = arrived(withParts({ name: long, message: long, code: long, stack: long, cause: long }))
  for (const text of [err.name, err.message, err.code, err.stack, (err.cause as Error).message]) t.ok((text as string).length < 20_000)
  t.equal(err.message, `${'a'.repeat(16_381)}...`)
  t.ok(arrived(Array(1_000_000).fill(long)).message.length < 20_000)
})

t.test('any other received value becomes an error, too', async t => {
  let deep: object = { message: 'deepest' }
  for (let i = 0; i < 1_000; i++) deep = { message: `level ${i}`, cause: deep, errors: [deep] }
  for (const notice of [undefined, null, 5, 'text', [], {}, { message: null }, { name: {}, message: [], code: {}, stack: 1, cause: 5, errors: 5 }, deep]) t.ok(fromNotice(notice) instanceof Error)
  t.equal(fromNotice('text').message, 'text')
  t.equal(fromNotice(undefined).message, 'an unreadable error')
  t.match(fromNotice({ name: {}, message: [], code: {}, stack: 1, cause: 5 }), { name: '{}', message: '[]', code: '{}', stack: '1' })
  const count = (err: unknown): number => 1 + ((err as AggregateError).errors ?? []).reduce((sum: number, inner: unknown) => sum + count(inner), 0)
  let wide: object = { message: 'deepest' }
  for (let i = 0; i < 4; i++) wide = { message: `level ${i}`, errors: Array(10).fill(wide) }
  t.equal(count(fromNotice(wide)), 32)
})
