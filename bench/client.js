import net from 'node:net'
import tls from 'node:tls'

/**
 * @typedef {object} Answer
 * @property {'answered' | 'cut' | 'hung'} outcome cut: the connection ended without a whole answer; hung: it neither ended nor answered
 * @property {string} body
 * @property {number} sentAt on the clock of {@link now}
 * @property {number} ms from the connect to the last byte of the answer
 */

/** Milliseconds, on a clock that all processes of this machine share (CLOCK_MONOTONIC). */
export function now () {
  return Number(process.hrtime.bigint()) / 1e6
}

/**
 * One GET on a connection of its own. Never rejects.
 * @param {{ port: number, secure?: boolean }} server
 * @param {string} path
 * @param {{ timeout?: number }} [options] milliseconds until a connection counts as hung
 * @returns {Promise<Answer>}
 */
export async function ask ({ port, secure = false }, path, { timeout = 10_000 } = {}) {
  const sentAt = now()
  return await new Promise(resolve => {
    let text = ''
    let last = sentAt
    const socket = connect(port, secure)
    const timer = setTimeout(() => { finish('hung') }, timeout)
    socket.setEncoding('latin1')
    socket.on('data', chunk => {
      last = now()
      text += chunk
    })
    socket.on('error', () => {}) // 'close' comes too
    socket.on('close', () => { finish(statusOf(text) === 200 ? 'answered' : 'cut') })
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`)

    function finish (outcome) {
      clearTimeout(timer)
      socket.destroy()
      resolve({ outcome, body: bodyOf(text), sentAt, ms: last - sentAt })
    }
  })
}

/**
 * Makes one worker block its event loop for ever.
 * @returns {Promise<{ pid: number, close: () => void }>} the worker's pid
 */
export async function hang ({ port }) {
  const socket = connect(port, false)
  socket.setEncoding('latin1')
  socket.write('GET /hang HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
  return await new Promise((resolve, reject) => {
    let text = ''
    socket.on('data', chunk => {
      text += chunk
      const pid = /"pid":(\d+)/.exec(text)
      if (pid !== null) resolve({ pid: Number(pid[1]), close: () => { socket.destroy() } })
    })
    socket.on('error', () => {}) // 'close' comes too; later on the worker is to be killed
    socket.on('close', () => { reject(new Error('the connection of /hang ended')) })
  })
}

function connect (port, secure) {
  const where = { port, host: '127.0.0.1' }
  return secure ? tls.connect({ ...where, rejectUnauthorized: false }) : net.connect(where)
}

/**
 * The status of a response, or undefined if the response is not complete.
 * @param {string} text
 */
export function statusOf (text) {
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)
  const length = /^content-length: (\d+)\r$/im.exec(text)
  return status !== null && length !== null && bodyOf(text).length === Number(length[1]) ? Number(status[1]) : undefined
}

/**
 * What follows the head of a response; empty if there is no whole head.
 * @param {string} text
 */
export function bodyOf (text) {
  const end = text.indexOf('\r\n\r\n')
  return end === -1 ? '' : text.slice(end + 4)
}
