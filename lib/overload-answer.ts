import { STATUS_CODES } from 'node:http'

const STATUS = 503
const MESSAGE = 'The server is overloaded: try again later'

/**
 * What a client is answered that nobody will serve: an HTTP/1.1 response, with a body like that of
 * Fastify's own errors. The function that is returned makes it anew when the second of its Date has
 * passed; the same bytes are sent to all until then.
 *
 * @param retryAfter seconds until the client should try again
 */
export function overloadAnswer (retryAfter: number, now: () => number = Date.now): () => Buffer {
  const error = STATUS_CODES[STATUS]
  const body = JSON.stringify({ statusCode: STATUS, error, message: MESSAGE })
  let second: number | undefined
  let answer: Buffer
  return () => {
    const time = now()
    if (second !== Math.floor(time / 1_000)) {
      second = Math.floor(time / 1_000)
      answer = Buffer.from([
        `HTTP/1.1 ${STATUS} ${error}`,
        `Date: ${new Date(time).toUTCString()}`,
        `Retry-After: ${Math.ceil(retryAfter)}`, // whole seconds: RFC 9110, 10.2.3
        'Connection: close',
        'Content-Type: application/json; charset=utf-8',
        `Content-Length: ${Buffer.byteLength(body)}`,
        '',
        body
      ].join('\r\n'))
    }
    return answer
  }
}
