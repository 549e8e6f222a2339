import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'

// In processes of their own, because inherited sockets are recorded when the package is loaded.

const dist = (path: string): string => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href)

/** The output of code that has `claim` and, in `fds`, the descriptors of sockets by kind. */
async function run (code: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', `
    import dgram from 'node:dgram'
    import { once } from 'node:events'
    import fs from 'node:fs'
    import net from 'node:net'
    const fd = ({ _handle }) => _handle.fd
    const udp = async () => { const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1'); await once(socket, 'listening'); return socket }
    const udpFd = socket => socket[Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol')].handle.fd
    const listen = async where => { const server = net.createServer(() => {}).listen(where); await once(server, 'listening'); return server }
    const connect = async where => { const socket = net.connect(where); await once(socket, 'connect'); return socket }
    const [tcp, unix, datagram, connected] = [await listen({ port: 0, host: '127.0.0.1' }), await listen('\\0sf-' + process.pid), await udp(), await udp()]
    connected.connect(datagram.address().port, '127.0.0.1')
    await once(connected, 'connect')
    const fds = {
      tcp: fd(tcp), unix: fd(unix), datagram: udpFd(datagram),
      tcpConnection: fd(await connect(tcp.address().port, '127.0.0.1')), unixConnection: fd(await connect(unix.address())), datagramConnection: udpFd(connected)
    }
    const { claim } = await import(${dist('platform/handed-over.js')})
    ${code}
    process.exit()`])
  return JSON.parse(stdout)
}

t.test('listening sockets can be claimed; connections that an app has when it loads the package cannot', { skip: process.platform !== 'linux' && 'Linux tells' }, async t => {
  t.same(await run("console.log(JSON.stringify(Object.entries(fds).filter(([, fd]) => claim(fd, 'me') === 'me').map(([kind]) => kind)))"), ['tcp', 'unix', 'datagram'])
})

t.test('why nobody can connect to a descriptor', { skip: process.platform !== 'linux' && 'Linux tells' }, async t => {
  const flaws = await run(`
    const { flawOf } = await import(${dist('platform/handed-over.js')})
    const { bindPath } = await import(${dist('platform/node-internals.js')})
    const bound = bindPath('\\0sf-bound-' + process.pid)
    console.log(JSON.stringify(Object.fromEntries(Object.entries({ ...fds, bound: bound.fd, none: 9999, file: fs.openSync('/dev/null') }).map(([kind, fd]) => [kind, flawOf(fd) ?? null]))))`)
  const connection = 'it is a connection'
  const datagram = 'it is a datagram socket'
  t.same(flaws, { tcp: null, unix: null, datagram, tcpConnection: connection, unixConnection: connection, datagramConnection: datagram, bound: 'it does not listen', none: 'it is not open', file: 'it is not a socket' })
})

t.test('listen({ fd }) rejects a descriptor that node:cluster has', async t => {
  const message = await run(`
    const { bind } = await import(${dist('primary/ports/listener.js')})
    claim(fds.tcp, 'node:cluster')
    await bind({ fd: fds.tcp }).catch(({ code, message }) => { console.log(JSON.stringify({ code, message: message.replace(fds.tcp, 'N') })) })`)
  t.same(message, { code: 'SHARED_PORT_ERR_FD', message: 'File descriptor N is already in use (by node:cluster)' })
})
