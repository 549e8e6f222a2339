import type { ServerHttp2Session } from 'node:http2'
import { writeFrame } from '../../platform/node-internals.js'
import type { Connections } from '../connections.js'

/**
 * A shutdown notice (RFC 9113, 6.8): GOAWAY with the highest stream that there can be, and no error. The client sends no
 * new streams once it has read it, and those that it has sent until then are served. It is not sent by
 * session.goaway(): whatever stream that names, nghttp2 ignores all new ones from then on
 * (session_allow_incoming_new_stream in its lib/nghttp2_session.c). Its nghttp2_submit_shutdown_notice() does not, but Node has
 * no API for it.
 */
const NOTICE = Buffer.from('0000080700000000007fffffff00000000', 'hex')

/** Milliseconds between two tries to write the notice, and for all of them. */
const NOTICE_PAUSE = 10
const NOTICE_PATIENCE = 1_000

/** Milliseconds for the client to answer: a round trip, with one loss by TCP's first two timeouts (RFC 6298: 1 s, then 2 s). */
const ANSWER_PATIENCE = 3_000

/**
 * Lets the clients of HTTP/2 go elsewhere. A session that is closed says by GOAWAY which stream is the last one, finishes those
 * that are open, and ends. Streams that were sent and have not arrived by then are refused: the client may safely send them again
 * (RFC 9113, 8.7), but not each client does.
 *
 * So without TLS a notice goes first, and a PING behind it. The answer to that comes behind all streams that the
 * client has sent, and then the session is closed.
 *
 * With TLS no notice can be written (see {@link writeFrame}). There the session is closed when it brings
 * a new stream: a client that waits for the answer before it sends another one has read the GOAWAY by then.
 *
 * @param patience milliseconds for a session without a notice to bring another stream
 * @returns what ends all this
 */
export function drainSessions (connections: Connections, patience: number): () => void {
  const { server, sessions } = connections
  const timers = new Set<NodeJS.Timeout>()
  for (const session of sessions) leave(session)
  server.on('session', closeWithNextStream)
  return () => {
    server.off('session', closeWithNextStream)
    for (const timer of timers) clearTimeout(timer)
  }

  function leave (session: ServerHttp2Session, tries = NOTICE_PATIENCE / NOTICE_PAUSE): void {
    if (isLeaving(session)) return
    const socket = connections.plainSocketOf(session)
    if (socket === undefined || tries === 0) return closeWithNextStream(session)
    if (!writeFrame(socket, NOTICE)) return after(NOTICE_PAUSE, () => { leave(session, tries - 1) })
    session.ping(() => { closeSoon(session) })
    after(ANSWER_PATIENCE, () => { closeSoon(session) })
  }

  /** Also for a session that begins during the drain: its first stream is served. */
  function closeWithNextStream (session: ServerHttp2Session): void {
    session.once('stream', () => { closeSoon(session) })
    after(patience, () => { closeSoon(session) })
  }

  function after (delay: number, run: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer)
      run()
    }, delay)
    timers.add(timer)
  }
}

/** When all streams that were read together have been seen: GOAWAY names the last one at the time of the call. */
function closeSoon (session: ServerHttp2Session): void {
  setImmediate(() => { if (!isLeaving(session)) session.close() })
}

/** By the client, by the app, or by the drain. */
function isLeaving (session: ServerHttp2Session): boolean {
  return session.destroyed || session.closed
}
