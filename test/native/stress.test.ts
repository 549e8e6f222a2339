import { type ChildProcess, fork } from 'node:child_process'
import { readdirSync } from 'node:fs'
import net from 'node:net'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import t from 'tap'
import { bindTcp, type RawHandle, type SocketName } from '../../lib/platform/node-internals.js'
import { loadAddon } from '../../lib/lane/addon.js'
import { NativeLane } from '../../lib/lane/native.js'
import { systemClock } from '../../lib/platform/clock.js'
import { Intake } from '../../lib/primary/ports/intake.js'
import { TakeBack } from '../../lib/primary/dealing/take-back.js'
import { WorkerHandle } from '../../lib/primary/workers/worker-handle.js'
import type { Channel } from '../../lib/protocol.js'
import { createLog } from '../fakes.js'
import { createHandoff } from '../handoffs.js'
import { fixturePath, withoutHooks } from '../helper.js'
import { killAtEnd, killChildAtEnd } from '../reaper.js'

// Racing workers are killed and stopped at random while many connections arrive. The bytes that each client
// receives show whether it was served once, never, or twice. `npm run test:stress` makes a million.

const HANDOFFS = Number(process.env['HANDOFFS'] ?? 10_000)
const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const WORKERS = 4
/** Clients at a time. */
const WINDOW = 128
/** The number of connections for each fault. */
const FAULT_EVERY = 200

const [program, ...args] = [...withoutHooks(), process.execPath]

t.test(`${HANDOFFS} handoffs, seed ${SEED}: no connection is served twice, none that was not taken is lost, and no descriptor leaks`, async t => {
  const random = generator(SEED)
  const addon = loadAddon()
  const lane = new NativeLane(addon)
  killAtEnd(process.pid)() // the helper starts with the first call, and uses a descriptor
  const before = openDescriptors()
  const workers = new Map<WorkerHandle, ChildProcess>()
  const unclosed = new Set<ChildProcess>()
  const killed = new Set<WorkerHandle>()
  /** By the client's address, which is unique. */
  const takenBy = new Map<string, WorkerHandle>()
  const cut: string[] = []
  let faults = 0
  let stopping = false
  let whenGone = (): void => {}

  const handoff = createHandoff({
    key: 'stress',
    frameSize: lane.frameSize,
    clock: systemClock,
    onSent: () => { takeBack.watch() },
    fetch: () => intake.fetch(),
    onDealt: () => { intake.dealt() }
  })
  const takeBack = new TakeBack({
    patience: 2,
    workers: () => workers.keys(),
    wanted: (worker, frame) => handoff.wants(worker, frame),
    returned: (worker, frame) => { counts.takenBack += frame.connections.length; handoff.takenBack(worker, frame) },
    clock: systemClock
  })
  const counts = { answered: 0, cut: 0, lost: 0, twice: 0, wrong: 0, refused: 0, takenBack: 0, kills: 0, stops: 0, left: 0, failed: 0 }

  const bound = bindTcp('127.0.0.1', 0) as RawHandle
  const name: Partial<SocketName> = {}
  bound.getsockname?.(name)
  const intake = new Intake([{ handle: bound, name: 'here', asked: 'here', backlog: 511 }], { handoff, maxPending: 1_024, mayWait: true, lane, clock: systemClock, log: createLog().log })

  function startWorker (): void {
    const wire = lane.createWire({
      onAck (ack) {
        const frame = worker.settle(ack)
        if (frame === undefined) return
        counts.refused += ack.refused.length
        if (ack.leaving) handoff.remove(worker)
        handoff.settle(worker, frame, ack)
        handoff.deal()
        if (ack.leaving) worker.whenSettled(() => { child.send('end', () => {}) })
      },
      onBroken () {},
      onReturned () {},
      onWant () {}
    })
    const child = fork(fixturePath('native/echo-worker.mjs'), { execPath: program, execArgv: args, stdio: ['ignore', 'pipe', 'inherit', 'ipc', ...wire.inherited] })
    // The worker writes the address down before it serves a connection, which shows what it had taken when it
    // was killed.
    createInterface({ input: child.stdout as Readable }).on('line', address => { takenBy.set(address, worker) })
    killChildAtEnd(child)
    const worker = new WorkerHandle(0, { id: child.pid as number, pid: child.pid, channel: child as Channel, kill: signal => { child.kill(signal) }, listening () {}, onExit () {}, onDisconnect () {}, onBroken () {} }, wire)
    wire.start(child as Channel)
    workers.set(worker, child)
    child.once('message', () => { handoff.add(worker) })
    unclosed.add(child)
    child.once('close', () => { // its pipes too
      unclosed.delete(child)
      if (stopping && unclosed.size === 0) whenGone()
    })
    child.once('exit', (code, signal) => {
      if (signal !== 'SIGKILL' && code !== 0) counts.failed++
      if (code === 0) counts.left++
      handoff.remove(worker)
      workers.delete(worker)
      const open = worker.end()
      if (open !== undefined) handoff.reclaim(worker, open.frame, open.untaken)
      worker.close()
      if (!stopping) startWorker()
    })
  }

  function fault (): void {
    const worker = [...workers.keys()][Math.floor(random() * workers.size)] as WorkerHandle
    const kind = faults++ % 3
    if (kind === 0) {
      workers.get(worker)?.send('leave', () => {})
    } else if (kind === 1) {
      counts.kills++
      killed.add(worker)
      worker.kill('SIGKILL')
    } else {
      counts.stops++
      worker.kill('SIGSTOP')
      setTimeout(() => { worker.kill('SIGCONT') }, random() * 50)
    }
  }

  async function client (id: number): Promise<void> {
    const address = `127.${1 + (id >> 16)}.${id >> 8 & 255}.${id & 255}`
    const socket = net.connect({ port: name.port as number, host: '127.0.0.1', localAddress: address })
    let text = ''
    socket.write(String(id))
    await new Promise<void>(resolve => {
      socket.on('data', chunk => { text += String(chunk) })
      socket.once('error', () => {}) // reset by a worker's death; 'close' follows
      socket.once('close', () => { resolve() })
    })
    const [answer, ...more] = text.split(';').slice(0, -1)
    if (more.length > 0) counts.twice++
    else if (answer?.split(':')[0] === String(id)) counts.answered++
    else if (text !== '') counts.wrong++
    else cut.push(address)
    if (text !== '') takenBy.delete(address)
  }

  for (let i = 0; i < WORKERS; i++) startWorker()
  let begun = 0
  await Promise.all(Array.from({ length: WINDOW }, async () => {
    while (begun < HANDOFFS) {
      if (++begun % FAULT_EVERY === 0) fault()
      await client(begun)
    }
  }))
  stopping = true
  handoff.close()
  await intake.close()
  const gone = new Promise<void>(resolve => { whenGone = resolve })
  for (const child of workers.values()) child.kill('SIGKILL')
  await gone
  // A worker may be killed between taking a connection and writing it down.
  for (const address of cut) {
    const worker = takenBy.get(address)
    if (worker !== undefined && killed.has(worker)) counts.cut++
    else counts.lost++
  }
  t.comment(JSON.stringify(counts))
  t.equal(counts.twice, 0, 'served twice')
  t.ok(counts.lost <= counts.kills, 'lost without having been taken, except one for each killed worker')
  t.equal(counts.wrong, 0, 'wrong bytes')
  t.equal(counts.failed, 0, 'workers that ended in another way than intended')
  t.equal(counts.answered + counts.cut + counts.lost, HANDOFFS)
  for (const what of ['kills', 'stops', 'left', 'refused', 'takenBack'] as const) t.ok(counts[what] > 0, `and there was something to survive: ${what}`)
  t.equal(openDescriptors(), before, 'descriptors')
})

function openDescriptors (): number {
  return readdirSync('/proc/self/fd').length
}

/** Pseudo-random numbers from 0 to 1, reproducible by seed: mulberry32. */
function generator (seed: number): () => number {
  let state = seed
  return () => {
    state = state + 0x6D2B79F5 | 0
    let mixed = Math.imul(state ^ state >>> 15, 1 | state)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
}
