import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Sample, Status, WorkerStats } from '../../types/index.js'

const root = new URL('../../', import.meta.url)

const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const types: Record<string, string> = { html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8' }

/** The token that the fake accepts. */
export const TOKEN = 'sesame'

/** The data that the page gets every second. */
export type Seen = Status & { sample: Sample }

/** The admin server as the page sees it. Tests set its status and emit events. */
export class FakeAdmin {
  status: Seen
  history: Sample[] = []
  readonly posts: Array<{ url: string, body: string }> = []
  /** Ends the restarts that were asked for, each with its last line. */
  readonly restarts: Array<(result: object) => void> = []
  readonly #server: http.Server
  readonly #streams = new Set<http.ServerResponse>()
  #port = 0

  constructor (workers = 3) {
    this.status = createStatus(workers)
    this.#server = http.createServer((request, response) => { this.#answer(request, response).catch(error => { response.destroy(error as Error) }) })
  }

  get url (): string {
    return `http://127.0.0.1:${this.#port}/`
  }

  /** Listens on the same port as before, once it has had one. */
  async listen (): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Acts as if the primary had exited: connections end, and new ones are refused. */
  async close (): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  /** Adds this many samples before now: the current values with some variation. */
  remember (samples: number): void {
    const { sample } = this.status
    this.history = Array.from({ length: samples }, (_, index) => {
      const wave = 1 + 0.2 * Math.sin(index / 40)
      return { ...sample, time: sample.time - (samples - index) * 1000, requests: sample.requests * wave, connections: sample.connections * wave }
    })
  }

  /** Sends the current status, as happens every second. */
  tick (): void {
    this.status.uptime += 1000
    for (const worker of this.status.workers) worker.age += 1000
    this.status.sample = createSample(this.status.sample.time + 1000, this.status)
    this.#send('status', this.status)
  }

  happened (event: string, fields: object): void {
    this.#send('happened', { time: Date.now(), event, ...fields, reload: this.status.reload })
  }

  #send (event: string, data: object): void {
    for (const stream of this.#streams) write(stream, event, data)
  }

  async #answer (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = request.url ?? '/'
    if (request.method === 'POST') return await this.#steer(url, request, response)
    if (url !== '/events') return sendFile(url, response)
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    this.#streams.add(response)
    response.on('close', () => this.#streams.delete(response))
    response.write('retry: 100\n\n')
    write(response, 'history', { interval: 1000, samples: this.history, happened: [] })
    write(response, 'status', this.status)
  }

  async #steer (url: string, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await text(request)
    const sendJson = (status: number, data: object): void => { response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(data)) }
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return sendJson(401, { error: 'Unauthorized', message: 'A token is needed' })
    this.posts.push({ url, body })
    if (this.status.state === 'stopping') return sendJson(409, { error: 'Conflict', message: 'The server is stopping' })
    if (url === '/restart') {
      response.writeHead(200, { 'content-type': 'application/x-ndjson' }).write('{"event":"worker-start"}\n')
      this.restarts.push(result => { response.end(`${JSON.stringify(result)}\n`) })
      return
    }
    sendJson(202, url === '/reload' ? { generation: this.status.generation + 1 } : JSON.parse(body))
  }
}

export function createWorker (id: number, more: Partial<WorkerStats> = {}): WorkerStats {
  return {
    slot: id - 1,
    id,
    pid: 4100 + id,
    state: 'ready',
    generation: 0,
    age: 3_600_000,
    open: 20,
    handedOff: 1000,
    handedOffRate: 12,
    requests: 40_000,
    requestRate: 480,
    utilization: 0.42,
    delay: 12,
    rss: 83 * 2 ** 20,
    restarts: 0,
    stalls: 0,
    saturated: false,
    unacked: 0,
    accepted: 1000,
    refused: 0,
    takenBack: 0,
    returned: { drain: 0, time: 0, rescue: 0 },
    handshakes: { full: 0, resumed: 0 },
    ...more
  }
}

function createStatus (count: number): Seen {
  const workers = Array.from({ length: count }, (_, index) => createWorker(index + 1))
  return {
    name: 'shop',
    pid: 4100,
    version: '1.0.0',
    node: 'v24.4.0',
    mode: 'command',
    app: '/srv/shop/app.ts',
    startedAt: 1_760_000_000_000,
    uptime: 3_600_000,
    successor: null,
    state: 'ready',
    ready: true,
    lane: 'native',
    policy: 'round-robin',
    wanted: count,
    generation: 0,
    reload: null,
    reloads: { completed: 0, aborted: 0 },
    restarts: 0,
    pending: 0,
    held: 0,
    returned: { drain: 0, time: 0, rescue: 0 },
    maxPending: 4096,
    shed: 0,
    handedOff: 3000,
    requests: 120_000,
    steerable: true,
    listeners: [{ key: '0.0.0.0:3000:4', addresses: [{ address: '0.0.0.0', family: 'IPv4', port: 3000 }], pending: 0, held: 0 }],
    workers,
    sample: createSample(Date.now(), { workers, pending: 0 })
  }
}

/** A sample of what the workers do together. */
export function createSample (time: number, { workers, pending }: Pick<Status, 'workers' | 'pending'>): Sample {
  const sum = (of: 'open' | 'handedOffRate' | 'requestRate' | 'utilization'): number => workers.reduce((total, worker) => total + worker[of], 0)
  return {
    time,
    connections: sum('handedOffRate'),
    requests: sum('requestRate'),
    open: sum('open'),
    pending,
    held: 0,
    shed: 0,
    utilization: sum('utilization') / Math.max(workers.length, 1),
    busiest: Math.max(0, ...workers.map(({ utilization }) => utilization))
  }
}

function sendFile (url: string, response: http.ServerResponse): void {
  const uplot: Record<string, string> = { '/uplot.js': 'uPlot.esm.js', '/uplot.css': 'uPlot.min.css' }
  const name = url === '/' ? '/index.html' : url
  const path = uplot[url] === undefined ? `lib/admin/page${name}` : `node_modules/uplot/dist/${uplot[url]}`
  response.writeHead(200, { 'content-type': types[name.slice(name.lastIndexOf('.') + 1)] ?? 'text/plain', 'content-security-policy': CSP })
  response.end(readFileSync(new URL(path, root)))
}

function write (stream: http.ServerResponse, event: string, data: object): void {
  stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}
