import { type ChildProcess, fork } from 'node:child_process'
import { readdirSync } from 'node:fs'
import net from 'node:net'
import t from 'tap'
import { bindTcp, type RawHandle, type SocketName } from '../../lib/internals.js'
import { loadAddon } from '../../lib/lane/addon.js'
import type { Connection } from '../../lib/lane/interface.js'
import { NativeLane } from '../../lib/lane/native.js'
import { systemClock } from '../../lib/primary/clock.js'
import { Handoff } from '../../lib/primary/handoff.js'
import { Refusals } from '../../lib/primary/refusals.js'
import { createScheduler } from '../../lib/primary/scheduler.js'
import { TakeBack } from '../../lib/primary/take-back.js'
import { WorkerHandle } from '../../lib/primary/worker-handle.js'
import type { Channel } from '../../lib/protocol.js'
import { fixturePath } from '../helper.js'

// Racing workers, killed and stopped at random while connections pour in: the bytes that each client
// gets say whether it was served once, never, or twice. `npm run test:stress` does a million.

const HANDOFFS = Number(process.env['HANDOFFS'] ?? 10_000)
const SEED = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const WORKERS = 4
/** Clients at a time. */
const WINDOW = 128
/** One fault for so many connections. */
const FAULT_EVERY = 200

class TestConnection implements Connection {
  /** The worker that has, or died with, this connection. */
  takenBy: WorkerHandle | undefined
  readonly #handle: RawHandle
  constructor (handle: RawHandle) { this.#handle = handle }
  get fd (): number { return this.#handle.fd }
  close (): void { this.#handle.close() }
  address (): undefined {}
}

t.test(`${HANDOFFS} handoffs, seed ${SEED}: nothing served twice, nothing lost that was not taken, no descriptor leaked`, async t => {
  const random = generator(SEED)
  const addon = loadAddon()
  const lane = new NativeLane(addon)
  const before = openDescriptors()
  const workers = new Map<WorkerHandle, ChildProcess>()
  const killed = new Set<WorkerHandle>()
  let stopping = false
  let whenGone = (): void => {}

  const handoff = new Handoff('stress', {
    scheduler: createScheduler('round-robin'),
    refusals: new Refusals(),
    frameSize: lane.frameSize,
    clock: systemClock,
    onSent: () => { takeBack.watch() }
  })
  const takeBack = new TakeBack({
    patience: 2,
    workers: () => workers.keys(),
    wanted: worker => handoff.members.some(other => other !== worker && other.hasCredit),
    returned: (worker, frame) => { counts.takenBack += frame.connections.length; handoff.takenBack(worker, frame) },
    clock: systemClock
  })
  const counts = { answered: 0, cut: 0, lost: 0, twice: 0, wrong: 0, takenBack: 0, kills: 0, stops: 0 }

  // Accepted here, so that each client's connection is known by its port.
  const connections = new Map<number, TestConnection>()
  const bound = bindTcp('127.0.0.1', 0) as RawHandle
  const name: Partial<SocketName> = {}
  bound.getsockname?.(name)
  bound.onconnection = (_status, client) => {
    const peer: Partial<SocketName> = {}
    client.getpeername?.(peer)
    const connection = new TestConnection(client)
    connections.set(peer.port as number, connection)
    handoff.distribute([connection])
  }
  bound.listen(511)

  function startWorker (): void {
    const wire = lane.createWire(ack => {
      const frame = worker.settle(ack)
      if (frame === undefined) return
      frame.connections.forEach((connection, place) => {
        if (!ack.refused.includes(place)) (connection as TestConnection).takenBy = worker
      })
      handoff.settle(worker, frame, ack)
      handoff.deal()
    })
    const child = fork(fixturePath('native/echo-worker.mjs'), { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc', ...wire.inherited], env: { ...process.env, NODE_OPTIONS: '' } })
    const worker = new WorkerHandle(0, { id: child.pid as number, pid: child.pid, channel: child as Channel, kill: signal => { child.kill(signal) }, onExit () {}, onDisconnect () {} }, wire)
    wire.start(child as Channel)
    workers.set(worker, child)
    child.once('message', () => { handoff.add(worker) })
    child.once('exit', () => {
      handoff.remove(worker)
      workers.delete(worker)
      const open = worker.end()
      if (open !== undefined) {
        for (const connection of open.frame.connections) if (!open.untaken.includes(connection)) (connection as TestConnection).takenBy = worker
        handoff.reclaim(worker, open.frame, open.untaken)
      }
      if (!stopping) startWorker()
      else if (workers.size === 0) whenGone()
    })
  }

  function fault (): void {
    const worker = [...workers.keys()][Math.floor(random() * workers.size)] as WorkerHandle
    if (random() < 0.5) {
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
    const socket = net.connect(name.port as number, '127.0.0.1')
    let text = ''
    let port = 0
    socket.once('connect', () => { port = socket.localPort as number })
    socket.write(String(id))
    await new Promise<void>(resolve => {
      socket.on('data', chunk => { text += String(chunk) })
      socket.once('error', () => {}) // reset by a worker's death; 'close' follows
      socket.once('close', () => { resolve() })
    })
    const connection = connections.get(port)
    connections.delete(port)
    const [answer, ...more] = text.split(';').slice(0, -1)
    if (more.length > 0) counts.twice++
    else if (answer?.split(':')[0] === String(id)) counts.answered++
    else if (text !== '') counts.wrong++
    else if (connection?.takenBy !== undefined && killed.has(connection.takenBy)) counts.cut++
    else counts.lost++
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
  bound.close()
  const gone = new Promise<void>(resolve => { whenGone = resolve })
  for (const child of workers.values()) child.kill('SIGKILL')
  await gone
  t.comment(JSON.stringify(counts))
  t.equal(counts.twice, 0, 'served twice')
  t.equal(counts.lost, 0, 'lost without having been taken')
  t.equal(counts.wrong, 0, 'wrong bytes')
  t.equal(counts.answered + counts.cut, HANDOFFS)
  t.ok(counts.kills > 0 && counts.stops > 0 && counts.takenBack > 0, 'and there was something to survive')
  t.equal(openDescriptors(), before, 'descriptors')
})

function openDescriptors (): number {
  return readdirSync('/proc/self/fd').length
}

/** Numbers from 0 to 1, the same ones for the same seed: mulberry32. */
function generator (seed: number): () => number {
  let state = seed
  return () => {
    state = state + 0x6D2B79F5 | 0
    let mixed = Math.imul(state ^ state >>> 15, 1 | state)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
}
