import type { ServerHttp2Session } from 'node:http2'
import type { Connections } from '../connections.js'

/** Milliseconds between the two GOAWAYs of RFC 9113, section 6.8: at least one round trip. */
const GOAWAY_PAUSE = 1_000

/**
 * HTTP/2: first "no more streams, but those under way count", then the number of the last one.
 * Returns what ends it.
 */
export function drainSessions ({ server, sessions }: Connections): () => void {
  const timers = new Set<NodeJS.Timeout>()
  const goAway = (session: ServerHttp2Session): void => {
    if (session.destroyed || session.closed) return
    session.goaway(0, 2 ** 31 - 1)
    timers.add(setTimeout(() => { if (!session.destroyed) session.close() }, GOAWAY_PAUSE))
  }
  const onSession = (session: ServerHttp2Session): void => {
    // Born during the drain: its first stream is served.
    session.once('stream', () => { goAway(session) })
    timers.add(setTimeout(() => { goAway(session) }, GOAWAY_PAUSE))
  }
  for (const session of sessions) goAway(session)
  server.on('session', onSession)
  return () => {
    server.off('session', onSession)
    for (const timer of timers) clearTimeout(timer)
  }
}
