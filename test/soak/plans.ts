import { sha256 } from '../clients.js'
import type { Random } from './random.js'
import type { Plan } from './requests.js'

const KIB = 1024
const OCTETS = { 'content-type': 'application/octet-stream' }

/** A request to the app, and the answer that it has to get. */
export type Ask = Pick<Plan, 'path' | 'method' | 'headers' | 'body' | 'check'>

/** One of the requests that are answered quickly. */
export function askAnything (random: Random): Ask {
  const asks = [askAtOnce, askLater, askAtOnce, (random: Random) => askDigest(random, 1, 64 * KIB)]
  return random.pick(asks)(random)
}

export function askAtOnce (): Ask {
  return { path: '/answer', check: expect({}) }
}

/** Answered after a while, so a worker may be killed, or begin to drain, meanwhile. */
export function askLater (random: Random): Ask {
  return { path: `/after/${random.between(0, 200)}`, check: expect({}) }
}

/** Blocks its worker. */
export function askToBlock (ms: number): Ask {
  return { path: `/block/${ms}`, check: expect({}) }
}

/** Sends this many pieces of data, each of this many bytes at most, to be digested. */
export function askDigest (random: Random, pieces: number, most: number): Ask {
  const body = Array.from({ length: pieces }, () => Buffer.alloc(random.between(1, most), String(random.next())))
  const data = Buffer.concat(body)
  const headers = random.chance(0.5) ? { ...OCTETS, 'content-length': data.length } : OCTETS
  return { path: '/digest', method: 'POST', headers, body, check: expect({ sha256: sha256(data) }) }
}

export function askBytes (count: number): Ask {
  return {
    path: `/bytes/${count}`,
    check: (id, body) => body.equals(Buffer.alloc(count, `${id};`)) ? undefined : `${body.length} bytes, other than the ${count} asked for`
  }
}

function expect (more: object): Plan['check'] {
  return (id, body) => {
    const expected = JSON.stringify({ id: String(id), ...more })
    return body.toString() === expected ? undefined : `${body.subarray(0, 200).toString()}, not ${expected}`
  }
}
