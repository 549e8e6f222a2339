import { once } from 'node:events'
import type http from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { begin } from '../clients.js'
import { type KeptAlive, nextAddress } from './connections.js'

/** Milliseconds for a request: longer than all workers may be missing, which is the longest delay before a replacement. */
export const PATIENCE = 40_000

/** How to send a request, and read its answer. */
export interface Manner {
  /** By default a connection of its own. */
  keptAlive?: KeptAlive
  method?: 'GET' | 'POST'
  headers?: http.OutgoingHttpHeaders
  body?: readonly Buffer[]
  /** Milliseconds of pause after each piece of the body that is sent. */
  sendPause?: () => number
  /** Milliseconds of pause after each piece of the answer that is read. */
  readPause?: () => number
  /** The client disconnects after this many milliseconds, with FIN or with RST (which Node sends only without TLS). */
  abort?: { after: number, reset: boolean }
}

export interface Answer { status: number, headers: http.IncomingHttpHeaders, body: Buffer }

/** What a client sees of a request. */
export type Sight = { address: string, reused: boolean } & ({ answer: Answer } | { error: NodeJS.ErrnoException } | { aborted: true })

/** Makes one request. Never rejects, and ends within {@link PATIENCE}. */
export async function exchange (url: string, { keptAlive, method = 'GET', headers = {}, body = [], sendPause, readPause, abort }: Manner): Promise<Sight> {
  const localAddress = nextAddress()
  const req = begin(url, { method, headers, ...(keptAlive === undefined ? { agent: false, localAddress } : { agent: keptAlive.agent }) })
  let address = keptAlive === undefined ? localAddress : ''
  let socket: Socket | undefined
  req.on('error', () => {}) // the promise of the answer rejects with it, too
  req.once('socket', given => {
    socket = given
    if (keptAlive !== undefined) address = keptAlive.addressOf(given)
  })
  const impatient = setTimeout(() => { req.destroy(new Error(`no answer in ${PATIENCE} ms`)) }, PATIENCE)
  let aborted = false
  const aborting = abort && setTimeout(() => {
    aborted = true
    if (abort.reset) socket?.resetAndDestroy()
    req.destroy()
  }, abort.after)
  const seen = (): { address: string, reused: boolean } => ({ address, reused: req.reusedSocket })
  try {
    const [answer] = await Promise.all([receive(req, readPause), send(req, body, sendPause)])
    return { ...seen(), answer }
  } catch (error) {
    return aborted ? { ...seen(), aborted } : { ...seen(), error: error as NodeJS.ErrnoException }
  } finally {
    clearTimeout(impatient)
    clearTimeout(aborting)
  }
}

async function receive (req: http.ClientRequest, pause?: () => number): Promise<Answer> {
  const [res] = await once(req, 'response') as [http.IncomingMessage]
  const pieces: Buffer[] = []
  for await (const piece of res) {
    pieces.push(piece)
    if (pause !== undefined) await sleep(pause())
  }
  return { status: res.statusCode as number, headers: res.headers, body: Buffer.concat(pieces) }
}

/** Errors meanwhile are reported by the request. */
async function send (req: http.ClientRequest, body: readonly Buffer[], pause?: () => number): Promise<void> {
  for (const piece of body) {
    if (req.destroyed) return
    req.write(piece)
    if (pause !== undefined) await sleep(pause())
  }
  req.end()
}
