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
  const body = JSON.stringify({ statusCode: STATUS, error: STATUS_CODES[STATUS], message: MESSAGE })
  let second: number | undefined
  let answer: Buffer
  return () => {
    const time = now()
    if (second !== Math.floor(time / 1_000)) {
      second = Math.floor(time / 1_000)
      answer = writeAnswer(time, {
        'Retry-After': Math.ceil(retryAfter), // whole seconds: RFC 9110, 10.2.3
        'Content-Type': 'application/json; charset=utf-8'
      }, body)
    }
    return answer
  }
}

/** A 503 for somebody whose request nobody has read: the last answer on its connection. */
export function writeAnswer (time: number, headers: Record<string, string | number>, body: string): Buffer {
  return Buffer.from([
    `HTTP/1.1 ${STATUS} ${STATUS_CODES[STATUS]}`,
    `Date: ${new Date(time).toUTCString()}`,
    'Connection: close',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body
  ].join('\r\n'))
}
