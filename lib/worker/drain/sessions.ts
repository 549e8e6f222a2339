import type { ServerHttp2Session } from 'node:http2'
import { writeFrame } from '../../platform/node-internals.js'
import type { Connections } from '../connections.js'

/**
 * A shutdown notice (RFC 9113, 6.8): GOAWAY with the highest possible stream and no error. The client opens
 * no new streams once it has read it, and those that it has opened until then are served. session.goaway()
 * cannot send it: after any call, nghttp2 ignores all new streams, whatever stream the frame names
 * (session_allow_incoming_new_stream in its lib/nghttp2_session.c). nghttp2_submit_shutdown_notice() would
 * do, but Node has no API for it.
 */
const NOTICE = Buffer.from('0000080700000000007fffffff00000000', 'hex')

/** Milliseconds between two attempts to write the notice, and for all attempts together. */
const NOTICE_PAUSE = 10
const NOTICE_PATIENCE = 1_000

/**
 * Milliseconds for the client to answer: a round trip, and one loss with TCP's first two timeouts (RFC 6298:
 * 1 s, then 2 s).
 */
const ANSWER_PATIENCE = 3_000

/**
 * Closes HTTP/2 sessions, so that the clients reconnect elsewhere. A closed session sends GOAWAY with its
 * last stream, finishes the open streams, and ends. Streams that the client had sent but that arrive later
 * are refused. It may safely send them again (RFC 9113, 8.7), but not every client does.
 *
 * So without TLS, a notice is sent first, followed by a PING. The answer to the PING arrives after all
 * streams that the client has sent, and then the session is closed.
 *
 * With TLS, no notice can be written (see {@link writeFrame}). There the session is closed when its next
 * stream arrives: a client that waits for a response before it sends the next request will have read the
 * GOAWAY by then.
 *
 * @param patience milliseconds that a session without a notice may take for another stream
 * @returns a function that ends all this
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

  /** Also applies to a session that begins during the drain: its first stream is served. */
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

/**
 * Closes the session after all streams that were read together have been handled, because GOAWAY names the
 * last one at the time of the call.
 */
function closeSoon (session: ServerHttp2Session): void {
  setImmediate(() => { if (!isLeaving(session)) session.close() })
}

/** Whether the client, the app or the drain has closed it. */
function isLeaving (session: ServerHttp2Session): boolean {
  return session.destroyed || session.closed
}
