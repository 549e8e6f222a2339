import { STATUS_CODES } from 'node:http'

const STATUS = 503
const MESSAGE = 'The server is overloaded: try again later'

/**
 * The answer to a client that is shed: an HTTP/1.1 response with a body like that of Fastify's own errors.
 * The returned function makes a new response when the second of its Date has passed, and returns the same
 * bytes until then.
 *
 * @param retryAfter seconds after which the client should retry
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

/** Formats a 503 response to a request that was not read. It is the last one on its connection. */
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
