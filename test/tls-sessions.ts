import type tls from 'node:tls'
import type { Test } from 'tap'
import { RawClient } from './clients.js'

export const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const

export type Version = typeof VERSIONS[number]

/** The properties of one TLS connection. */
export interface Visit {
  worker: number
  resumed: boolean
  /** The latest session of the connection. */
  session: Buffer
}

/** Makes one request on a new TLS connection. */
export async function visit (t: Test, url: string, { version, session }: { version: tls.SecureVersion, session?: Buffer | undefined }): Promise<Visit> {
  const client = await RawClient.connect(t, url, { minVersion: version, maxVersion: version, ...(session && { session }) })
  const socket = client.socket as tls.TLSSocket
  let latest = socket.getSession() as Buffer
  socket.on('session', given => { latest = given }) // TLS 1.3 sends its tickets after the handshake
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  const resumed = socket.isSessionReused()
  const worker = await client.worker()
  await client.closed
  return { worker, resumed, session: latest }
}

/** Visits each worker in `ids`; returns which of them resumed the session. */
export async function resume (t: Test, url: string, version: tls.SecureVersion, session: Buffer, ids: number[]): Promise<Map<number, boolean>> {
  const seen = new Map<number, boolean>()
  while (!ids.every(id => seen.has(id))) {
    const { worker, resumed } = await visit(t, url, { version, session })
    seen.set(worker, resumed)
  }
  return seen
}
