import { PassThrough } from 'node:stream'
import { pino } from 'pino'
import t from 'tap'
import { Output } from '../../../lib/primary/process/output.js'
import { FakeClock } from '../../fakes.js'

const MIB = 2 ** 20

/** An output whose reader has room for a number of bytes, or fails. */
function create () {
  const clock = new FakeClock()
  const reader = { text: '', room: Infinity, error: undefined as string | undefined }
  const lost: number[] = []
  const output = new Output({
    relays: true,
    waits: false,
    write (data) {
      if (reader.error !== undefined) throw Object.assign(new Error(reader.error), { code: reader.error })
      if (reader.room === 0) throw Object.assign(new Error('no room'), { code: 'EAGAIN' })
      const taken = data.subarray(0, reader.room)
      reader.room -= taken.length
      reader.text += Buffer.from(taken).toString()
      return taken.length
    },
    clock
  })
  output.onLost = lines => { lost.push(lines) }
  return {
    clock,
    reader,
    lost,
    output,
    worker () {
      const stdout = new PassThrough({ highWaterMark: 4 * MIB })
      output.relay(stdout)
      return stdout
    }
  }
}

t.test('on a terminal that is not read, workers may be blocked as soon as this process would be', async t => {
  const clock = new FakeClock()
  let room = false
  const output = new Output({
    relays: false,
    waits: false,
    write (data) {
      if (!room) throw Object.assign(new Error('no room'), { code: 'EAGAIN' })
      return data.length
    },
    clock
  })
  t.notOk(output.paused)
  output.write('own\n')
  t.ok(output.paused)
  room = true
  clock.advance(32)
  t.notOk(output.paused)
})

t.test("an app's logger to stdout is redirected if writing never blocks, and left alone otherwise", async t => {
  for (const waits of [false, true]) {
    const written: string[] = []
    const output = new Output({
      relays: false,
      waits,
      write (data) {
        written.push(Buffer.from(data).toString())
        return data.length
      },
      clock: new FakeClock()
    })
    const stdout = pino.destination(1)
    const { write } = stdout
    output.take(pino({}, stdout))
    t.equal(stdout.write !== write, !waits)
    if (!waits) stdout.write('a line\n')
    t.same(written, waits ? [] : ['a line\n'])
  }
})

/** Resolves when the data written to a stream has been read, if it is being read. */
async function turned (): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate)
}

t.test('lines are complete and in order, however little room there is', async t => {
  const { clock, reader, output, worker } = create()
  const [one, two] = [worker(), worker()]
  reader.room = 5
  one.write('from one\nfro')
  await turned()
  two.write('from two\n')
  output.write('own\n')
  await turned()
  one.write('m one again\n')
  await turned()
  t.equal(reader.text, 'from ')
  for (let i = 0; i < 10; i++) {
    reader.room = 5
    clock.advance(32)
  }
  t.equal(reader.text, 'from one\nfrom two\nown\nfrom one again\n')
})

t.test('without room the write is retried soon, then less often', async t => {
  const { clock, reader, output } = create()
  reader.room = 0
  output.write('own\n')
  const waits = []
  for (let i = 0; i < 8; i++) {
    waits.push(...clock.waiting)
    clock.advance(clock.waiting[0] as number)
  }
  t.same(waits, [1, 2, 4, 8, 16, 32, 32, 32])
})

t.test("when too much is waiting, the workers' output is not read until half of it is gone", async t => {
  const { clock, reader, output, worker } = create()
  const stdout = worker()
  reader.room = 0
  stdout.write(`${'x'.repeat(MIB)}\n`)
  await turned()
  t.ok(output.paused)
  stdout.write('later\n')
  const late = worker()
  late.write('late\n')
  await turned()
  t.equal(stdout.readableLength, 6)
  t.equal(late.readableLength, 5)
  reader.room = MIB / 2
  clock.advance(32)
  t.ok(output.paused)
  reader.room = Infinity
  clock.advance(32)
  t.notOk(output.paused)
  await turned()
  t.match(reader.text, /x\nlater\nlate\n$/)
})

t.test("the process's own lines beyond a MiB are lost, and their number is reported after the others are written", async t => {
  const { clock, reader, output, lost } = create()
  reader.room = 0
  const line = `${'x'.repeat(MIB / 4 - 1)}\n`
  for (let i = 0; i < 7; i++) output.write(line)
  t.same(lost, [])
  reader.room = Infinity
  clock.advance(32)
  t.equal(reader.text.length, MIB)
  t.same(lost, [3])
  output.write('again\n')
  t.match(reader.text, /again\n$/)
  t.same(lost, [3])
})

t.test('a single line of the process may be of any length', async t => {
  const { reader, output } = create()
  output.write(`${'x'.repeat(2 * MIB)}\n`)
  t.equal(reader.text.length, 2 * MIB + 1)
})

t.test('when the reader is gone, everything is read and discarded, and nobody waits', async t => {
  const { clock, reader, output, lost, worker } = create()
  const stdout = worker()
  reader.error = 'EPIPE'
  for (let i = 0; i < 10; i++) {
    stdout.write(`${'x'.repeat(MIB)}\n`)
    output.write('own\n')
    await turned()
  }
  t.equal(stdout.readableLength, 0)
  t.notOk(output.paused)
  t.same(clock.waiting, [])
  t.same(lost, [])
})

t.test('when writing works again, it continues on a new line, and the lost lines are counted', async t => {
  const { clock, reader, output, lost } = create()
  reader.room = 3
  output.write('torn by a full disk\n')
  output.write('lost\n')
  reader.error = 'ENOSPC'
  clock.advance(1)
  reader.error = undefined
  reader.room = Infinity
  output.write('again\n')
  t.equal(reader.text, 'tor\nagain\n')
  t.same(lost, [2])
})

t.test('the report of lost lines may be a line itself', async t => {
  const { reader, output } = create()
  output.onLost = lines => { output.write(`${lines} lost\n`) }
  reader.error = 'EPIPE'
  output.write('lost\n')
  reader.error = undefined
  output.write('again\n')
  t.equal(reader.text, 'again\n1 lost\n')
})

t.test('flush writes as much as there is room for now', async t => {
  const { clock, reader, output } = create()
  reader.room = 0
  output.write('last words\n')
  reader.room = 4
  output.flush()
  t.equal(reader.text, 'last')
  reader.room = Infinity
  output.flush()
  t.equal(reader.text, 'last words\n')
  t.same(clock.waiting, [])
})

t.test('end() waits until pending data is written', async t => {
  const { clock, reader, output } = create()
  reader.room = 0
  output.write('last words\n')
  let ended = false
  const end = output.end(60_000).then(() => { ended = true })
  await new Promise(resolve => { setTimeout(resolve, 30) })
  t.notOk(ended)
  reader.room = Infinity
  clock.advance(1)
  await end
  t.equal(reader.text, 'last words\n')
})

t.test('end() waits for data that a dead worker has left', async t => {
  const { output, worker, reader } = create()
  const stdout = worker()
  stdout.write('a line\nhalf')
  await turned()
  const end = output.end(60_000)
  stdout.end(' of one')
  await end
  t.equal(reader.text, 'a line\nhalf of one\n')
})

t.test("end() waits neither for a reader that never reads, nor for another process that holds a dead worker's stdout", async t => {
  const { output, worker, reader } = create()
  worker().write('a line\n')
  await turned()
  await output.end(60_000) // the process that holds it writes nothing for a while
  reader.room = 0
  output.write('never read\n')
  await output.end(20)
  t.equal(reader.text, 'a line\n')
})

t.test("an error of a worker's stdout is treated like its end", async t => {
  const { output, worker, reader } = create()
  const stdout = worker()
  stdout.write('half')
  await turned()
  stdout.destroy(new Error('broken'))
  await turned()
  output.write('own\n')
  t.equal(reader.text, 'half\nown\n')
})
