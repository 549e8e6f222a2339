import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { Relay } from '../../../lib/primary/process/relay.js'

const LONGEST_LINE = 2 ** 20

/** The output of a relay for a stdout that was written in these pieces. */
async function relay (pieces: Iterable<string>): Promise<string[]> {
  const passed: string[] = []
  const stdout = new PassThrough()
  const ended = new Promise<void>(resolve => { new Relay(stdout, lines => { passed.push(lines.toString()) }, resolve) }) // eslint-disable-line no-new
  for (const piece of pieces) {
    stdout.write(piece)
    await new Promise(setImmediate)
  }
  stdout.end()
  await Promise.all([once(stdout, 'close'), ended])
  return passed
}

t.test('passes complete lines on as they arrive, as many at a time as arrive', async t => {
  t.same(await relay(['one\n', 'two\nthree\n']), ['one\n', 'two\nthree\n'])
})

t.test('keeps the beginning of a line until its end arrives', async t => {
  t.same(await relay(['one\ntw', 'o', '\nthree\nfo', 'ur\n']), ['one\n', 'two\nthree\n', 'four\n'])
})

t.test('ends an unfinished last line', async t => {
  t.same(await relay(['one\ntw']), ['one\n', 'tw\n'])
  t.same(await relay(['one\n']), ['one\n'])
  t.same(await relay([]), [])
})

t.test('passes a line of more than a MiB on in pieces, and ends it too', async t => {
  const half = 'x'.repeat(LONGEST_LINE / 2)
  t.same((await relay([half, half, half, 'end\nnext\n'])).map(({ length }) => length), [LONGEST_LINE, LONGEST_LINE / 2 + 'end\nnext\n'.length])
  t.same((await relay([half, half])).map(piece => piece.slice(-2)), ['xx', '\n'])
})
