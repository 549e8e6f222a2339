import t from 'tap'
import { AppFailedError, WorkerFailedError } from '../../../lib/errors.js'
import { outageAnswer } from '../../../lib/primary/ports/outage-answer.js'

function read (failure: Error): { head: string[], body: string } {
  const [head, ...body] = outageAnswer(failure, () => Date.UTC(2030, 0, 2, 3, 4, 5)).toString().split('\r\n\r\n')
  return { head: (head as string).split('\r\n'), body: body.join('\r\n\r\n') }
}

t.test('it is plain text that is not cached, and not interpreted as anything else', async t => {
  const { head, body } = read(new Error('<b>ö</b>'))
  t.same(head, [
    'HTTP/1.1 503 Service Unavailable',
    'Date: Wed, 02 Jan 2030 03:04:05 GMT',
    'Connection: close',
    'Cache-Control: no-store',
    'Content-Type: text/plain; charset=utf-8',
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${Buffer.byteLength(body)}`
  ])
})

t.test('it contains the error, its cause, and the location', async t => {
  const cause = new SyntaxError('Unexpected token')
  const { body } = read(new WorkerFailedError(1, 'exited with code 1', { cause: new AppFailedError('/app.js', { cause }) }))
  t.match(body, /Worker 1 exited with code 1 before it was ready\n\ncaused by: The app \/app\.js failed to load\n\ncaused by: SyntaxError: Unexpected token\n {4}at .*outage-answer\.test/)
  t.match(read(Object.assign(new Error('without a stack'), { stack: undefined })).body, /^without a stack$/m)
})

t.test('it fits into one write, however long the error is', async t => {
  t.ok(outageAnswer(new Error('x'.repeat(1_000_000))).length < 11_000)
})
