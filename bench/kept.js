import { setMaxListeners } from 'node:events'
import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { bodyOf, now, statusOf } from './client.js'

/** Milliseconds between an answer and the next request: every third client has each of these pauses. */
const PAUSES = [0, 20, 1500]

/** Milliseconds after which a request without a whole answer has failed. */
const PATIENCE = 10_000

/** Milliseconds until a client asks again after a failure, if it has no longer pause. */
const AFTER_FAILURE = 20

/** What all the clients of a measurement have seen. */
export class Tally {
  requests = 0
  /** Requests without a whole answer, or with another status than 200. */
  failed = 0
  /** Connections, those of the beginning included. */
  opened = 0
  /** Connections that the server closed, or announced to close. */
  closed = 0
  /** The number of answers by worker. */
  workers = new Map()
}

/** A client that keeps its connection. It opens another one, for its next request, only if the server has closed it. */
export class KeptClient {
  #where
  #tally
  #socket
  #finish

  /**
   * @param {{ port: number }} server
   * @param {Tally} tally
   */
  constructor ({ port }, tally) {
    this.#where = { port, host: '127.0.0.1', noDelay: true }
    this.#tally = tally
  }

  /**
   * One GET, not before the answer to the one before it. Never rejects.
   * @param {string} path
   * @returns {Promise<import('./client.js').Answer>}
   */
  async ask (path) {
    const sentAt = now()
    this.#tally.requests++
    this.#socket ??= this.#open()
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`)
    const text = await this.#answer()
    const ms = now() - sentAt
    const body = bodyOf(text)
    if (statusOf(text) === 200) {
      this.#count(body)
      return { outcome: 'answered', body, sentAt, ms }
    }
    this.#tally.failed++
    return { outcome: ms < PATIENCE ? 'cut' : 'hung', body, sentAt, ms }
  }

  close () {
    const socket = this.#socket
    this.#socket = undefined // so that it does not count as closed by the server
    socket?.destroy()
  }

  /** The text of the answer, or '' if the connection ends before it is whole. */
  async #answer () {
    return await new Promise(resolve => {
      const timer = setTimeout(() => { this.#socket.destroy() }, PATIENCE)
      this.#finish = text => {
        clearTimeout(timer)
        this.#finish = undefined
        resolve(text)
      }
    })
  }

  #open () {
    let text = ''
    const socket = net.connect(this.#where)
    this.#tally.opened++
    socket.setEncoding('latin1')
    socket.on('data', chunk => {
      text += chunk
      if (statusOf(text) === undefined) return
      const whole = text
      text = ''
      this.#finish?.(whole)
      if (/^connection: close\r$/im.test(whole)) this.#lose(socket)
    })
    socket.on('error', () => {}) // 'close' follows
    socket.on('end', () => { this.#lose(socket) })
    socket.on('close', () => { this.#lose(socket) })
    return socket
  }

  #lose (socket) {
    if (socket !== this.#socket) return
    this.#socket = undefined
    this.#tally.closed++
    this.#finish?.('')
  }

  #count (body) {
    const { worker } = JSON.parse(body)
    const { workers } = this.#tally
    workers.set(worker, (workers.get(worker) ?? 0) + 1)
  }
}

/** As many clients as a proxy keeps connections, used in turn: a request takes the one that has been idle for longest. */
export class KeptPool {
  #clients
  #idle
  #waiting = []

  /**
   * Opens all the connections, with one request on each.
   * @param {{ port: number }} server
   * @param {Tally} tally
   * @param {number} size
   */
  static async open (server, tally, size) {
    const pool = new KeptPool()
    pool.#clients = Array.from({ length: size }, () => new KeptClient(server, tally))
    await Promise.all(pool.#clients.map(async client => await client.ask('/who')))
    pool.#idle = [...pool.#clients]
    return pool
  }

  /**
   * The time of an answer includes that of waiting for an idle client.
   * @param {string} path
   * @returns {Promise<import('./client.js').Answer>}
   */
  ask = async path => {
    const sentAt = now()
    const client = this.#idle.shift() ?? await new Promise(resolve => { this.#waiting.push(resolve) })
    const answer = await client.ask(path)
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(client)
    else next(client)
    return { ...answer, sentAt, ms: now() - sentAt }
  }

  close () {
    for (const client of this.#clients) client.close()
  }
}

/**
 * Clients that ask again and again, each with its own pause, until they are stopped.
 * @param {{ port: number }} server
 * @param {number} count
 * @param {{ pauses?: number[], path?: string, onAnswer?: (answer: import('./client.js').Answer) => void }} [options]
 *   pauses in milliseconds, dealt to the clients in turn
 * @returns {{ tally: Tally, stop: () => Promise<void> }}
 */
export function keepAsking (server, count, { pauses = PAUSES, path = '/who', onAnswer = () => {} } = {}) {
  const tally = new Tally()
  const stopped = new AbortController()
  const { signal } = stopped
  setMaxListeners(count, signal)
  const pause = async ms => { await sleep(ms, undefined, { signal }).catch(() => {}) }
  const asking = Array.from({ length: count }, async (_, i) => {
    const client = new KeptClient(server, tally)
    const between = pauses[i % pauses.length]
    await pause(between * i / count) // so that they do not all ask at the same time
    while (!signal.aborted) {
      const answer = await client.ask(path)
      onAnswer(answer)
      const wait = answer.outcome === 'answered' ? between : Math.max(between, AFTER_FAILURE)
      if (wait > 0) await pause(wait)
    }
    client.close()
  })
  return {
    tally,
    async stop () {
      stopped.abort()
      await Promise.all(asking)
    }
  }
}
