import t from 'tap'
import { readVariables, takeServiceEnvironment } from '../../lib/platform/service-environment.js'

const socket = '/run/systemd/notify'

t.test('a socket is a path or an abstract name, and the watchdog\'s time is in microseconds', async t => {
  t.same(readVariables({ NOTIFY_SOCKET: socket }, 7), { socket, wrong: [] })
  t.same(readVariables({ NOTIFY_SOCKET: '@name' }, 7), { socket: '@name', wrong: [] })
  t.same(readVariables({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '30000000' }, 7), { socket, watchdog: 30_000, wrong: [] })
  t.same(readVariables({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 7), { socket, watchdog: 30_000, wrong: [] })
})

t.test('without a socket, or for another process, there is no watchdog', async t => {
  t.same(readVariables({}, 7), { wrong: [] })
  t.same(readVariables({ NOTIFY_SOCKET: '', WATCHDOG_USEC: '30000000' }, 7), { wrong: [] })
  t.same(readVariables({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '8' }, 7), { socket, wrong: [] })
})

t.test('what is wrong is said, and not done', async t => {
  for (const name of ['vsock:2:1', 'notify', '/', '@']) t.match(readVariables({ NOTIFY_SOCKET: name }, 7), { socket: undefined, wrong: [`NOTIFY_SOCKET is '${name}', which is not supported`] })
  t.match(readVariables({ NOTIFY_SOCKET: `/${'a'.repeat(107)}` }, 7), { socket: undefined, wrong: [/too long/] })
  t.match(readVariables({ NOTIFY_SOCKET: `@${'a'.repeat(107)}` }, 7), { wrong: [] })
  for (const usec of ['0', '-1', '1.5', '1e3', 'x']) t.match(readVariables({ NOTIFY_SOCKET: socket, WATCHDOG_USEC: usec }, 7), { socket, watchdog: undefined, wrong: [`WATCHDOG_USEC is '${usec}'`] })
})

t.test('the variables are taken out of the environment, once', async t => {
  Object.assign(process.env, { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000', WATCHDOG_PID: String(process.pid) })
  const taken = takeServiceEnvironment()
  t.same(taken, { socket, watchdog: 1, wrong: [] })
  t.same(['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID'].filter(name => name in process.env), [])
  t.equal(takeServiceEnvironment(), taken)
})
