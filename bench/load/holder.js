// Opens connections, one after another, with one request on each, and keeps them until it is killed. It prints how many
// are open when all are, and at each change after that.
import net from 'node:net'
import { statusOf } from '../client.js'

/** Connections that are on their way at a time. */
const AT_A_TIME = 32

/** Connections from one address: there are some 28,000 ports. */
const FROM_ONE = 20_000

/** @type {{ port: number, count: number }} */
const { port, count } = JSON.parse(process.argv[2])

let begun = 0
let open = 0
await Promise.all(Array.from({ length: AT_A_TIME }, async () => {
  while (begun < count) await connect(begun++)
}))
console.log(open)

async function connect (i) {
  await new Promise(resolve => {
    let text = ''
    let isOpen = false
    const socket = net.connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + Math.floor(i / FROM_ONE)}` })
    socket.setEncoding('latin1')
    socket.on('data', chunk => {
      text += chunk
      if (statusOf(text) === undefined) return
      if (!isOpen) open++
      isOpen = true
      text = ''
      resolve()
    })
    socket.on('error', () => {}) // 'close' follows
    socket.on('close', () => {
      if (isOpen) open--
      if (begun >= count) console.log(open)
      resolve()
    })
    socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  })
}
