import { setImmediate as turn } from 'node:timers/promises'
import { type RawHandle, readOnce, type SocketName, socketOn } from '../platform/node-internals.js'
import { type Channel, type HandedMessage, isToPrimary, post, receive, type ToPrimary, type ToWorker } from '../protocol.js'
import { systemError } from '../platform/system-error.js'
import type { Acceptor, AcceptEvents, Connection, Frame, Handed, Handover, Hold, Lane, OnHanded, Receiver, Returned, Wire, WireEvents, WorkerLane } from './interface.js'
import { Lingering } from './linger.js'

// The lane for all platforms: libuv accepts, and each connection is sent as the handle of a message on Node's
// IPC channel. node:cluster does the same, but sends its only copy.

/** The primary's side. */
export class IpcLane implements Lane {
  readonly name = 'ipc'
  // Node's channel sends one handle at a time. More would wait in its own queue, and be lost with it.
  readonly frameSize = 1
  // libuv accepts and delivers connections by itself.
  readonly pauses = false
  // A message cannot be taken back from Node's channel.
  readonly takesBack = false
  readonly hold = new IpcHold()
  readonly #lingering = new Lingering()

  listen (bound: RawHandle, backlog: number, { onConnections, onError }: AcceptEvents): Acceptor {
    let accepted = 0
    let failing = false
    bound.onconnection = (status, client) => {
      accepted++
      if (status < 0 && !failing) onError(systemError(status, 'accept'))
      failing = status < 0
      if (!failing) onConnections([new IpcConnection(client, this.#lingering)])
    }
    const status = bound.listen(backlog)
    if (status < 0) {
      bound.close()
      throw systemError(status, 'listen')
    }
    return {
      pause () {},
      resume () {},
      accept: () => [],

      async close () {
        // libuv accepts one connection in each iteration of the event loop, so an iteration without one means
        // that the queue is empty. The first iteration does not count: its poll may have begun before this
        // call.
        await turn()
        for (let turns = 0, before = -1; before !== accepted && turns < backlog; turns++) {
          before = accepted
          await turn()
        }
        bound.close()
      },

      abort () { bound.close() }
    }
  }

  createWire (events: WireEvents): Wire {
    return new IpcWire(events, this.#lingering)
  }

  createHandover (): Handover {
    return new IpcHandover()
  }

  receiveHandover (channel: Channel, _inherited: readonly number[], onHanded: OnHanded): () => void {
    return receive<HandedMessage>(channel, (message, handle) => {
      if (message.type !== 'handed' || handle === undefined) return
      const connection = new IpcConnection(handle as RawHandle, this.#lingering)
      connection.note = message.note
      connection.head = message.head === undefined ? undefined : Buffer.from(message.head, 'base64')
      onHanded(message.key, message.as, [{ connection, left: message.left }])
    })
  }
}

/** Hands connections over on the IPC channel to the successor, one in a message. */
class IpcHandover implements Handover {
  readonly inherited = []
  #channel: Channel | undefined
  /** The number of messages that have not been written yet. */
  #writing = 0
  #whenSent: Array<() => void> = []

  start (channel: Channel): void {
    this.#channel = channel
  }

  send (key: string, as: Handed, connections: readonly Returned[]): void {
    for (const { connection, left } of connections) {
      const { handle, note, head } = connection as IpcConnection
      this.#writing++
      post<HandedMessage>(this.#channel as Channel, { type: 'handed', key, as, left: Math.ceil(left), note, ...(head !== undefined && { head: head.toString('base64') }) }, handle, () => {
        handle.close()
        if (--this.#writing === 0) for (const run of this.#whenSent.splice(0)) run()
      })
    }
  }

  async sent (): Promise<void> {
    if (this.#writing > 0) await new Promise<void>(resolve => { this.#whenSent.push(resolve) })
  }

  close (): void {}
}

/**
 * libuv cannot watch a connection without reading from it. So the first piece that arrives is read, and
 * travels with the connection.
 */
class IpcHold implements Hold {
  readonly #ends = new Map<Connection, () => void>()

  add (connection: IpcConnection, ready: (gone: boolean) => void): boolean {
    this.#ends.set(connection, readOnce(connection.handle, head => {
      this.#ends.delete(connection)
      connection.head = head
      ready(head === undefined)
    }))
    return true
  }

  release (connection: Connection): boolean {
    this.#ends.get(connection)?.()
    this.#ends.delete(connection)
    return false
  }
}

class IpcConnection implements Connection {
  acceptedAt = 0
  note = ''
  /** What has been read from it, while it was held. */
  head: Buffer | undefined
  readonly #lingering: Lingering

  constructor (readonly handle: RawHandle, lingering: Lingering) {
    this.#lingering = lingering
  }

  close (): void {
    this.handle.close()
  }

  end (): void {
    this.close() // a worker that has returned it closes its copy at once: no other is left
  }

  shed (answer: Buffer): void {
    this.#lingering.shed(options => socketOn(this.handle, options), answer)
  }

  reset (): void {
    const status = this.handle.reset?.()
    if (status !== 0) this.handle.close()
  }

  address (): string | undefined {
    const name: Partial<SocketName> = {}
    this.handle.getpeername?.(name)
    return name.address?.replace(/%.*$/, '') // without the zone of a link-local address, which is meaningful only on this machine
  }
}

class IpcWire implements Wire {
  readonly inherited = []
  readonly #events: WireEvents
  readonly #lingering: Lingering
  #channel: Channel | undefined
  #stop: (() => void) | undefined

  constructor (events: WireEvents, lingering: Lingering) {
    this.#events = events
    this.#lingering = lingering
  }

  start (channel: Channel): void {
    this.#channel = channel
    this.#stop = receive<ToPrimary>(channel, (message, handle) => {
      if (message.type === 'return') return this.#returned(message, handle as RawHandle | undefined)
      if (message.type !== 'ack') return
      const { number, accepted, leaving } = message
      this.#events.onAck({ number, refused: accepted ? NONE : FIRST, leaving })
    })
  }

  send ({ number, key, connections: [connection] }: Frame): boolean {
    const { handle, note, head } = connection as IpcConnection
    // An error means that the channel is closed or broken, so the process has exited or soon will. The
    // connection is returned at the worker's exit, not here.
    post(this.#channel as Channel, { type: 'handoff', number, key, ...(note !== '' && { note }), ...(head !== undefined && { head: head.toString('base64') }) }, handle)
    return true
  }

  takeBack (): boolean {
    return false
  }

  open (): undefined {}

  untaken ({ connections }: Frame): readonly Connection[] {
    // A worker takes a connection when its ack has been written, and everything that was written arrives
    // before the exit event, even if the process was killed. So a frame without an ack was not taken.
    return connections
  }

  invite (): void {}

  readReturns (): void {} // everything that was written arrives before the exit

  close (): void {
    this.#stop?.()
  }

  #returned (message: Extract<ToPrimary, { type: 'return' }>, handle: RawHandle | undefined): void {
    const { number, key, reason, left, note } = message
    if (!isToPrimary(message)) return handle?.close() // the worker is killed for it
    // Without its handle, if this process has no descriptor left. Node does not send a raw handle again.
    post(this.#channel as Channel, { type: 'returned', number, kept: handle !== undefined })
    if (handle === undefined) return
    const connection = new IpcConnection(handle, this.#lingering)
    connection.note = note
    this.#events.onReturned(key, reason, [{ connection, left }])
  }
}

const NONE: readonly number[] = []
const FIRST: readonly number[] = [0]

/** The worker's side: takes or refuses each connection that arrives on `channel`, and returns connections. */
export function receiveIpc (channel: Channel, receiver: Receiver, primaryLives: () => boolean): WorkerLane {
  const returning = new Map<number, (returned: boolean) => void>()
  let returns = 0
  const settle = (number: number, returned: boolean): void => {
    const done = returning.get(number)
    returning.delete(number)
    done?.(returned)
  }
  receive<ToWorker>(channel, (message, handle) => {
    if (message.type === 'returned') return settle(message.number, message.kept)
    if (message.type !== 'handoff') return
    const client = handle as RawHandle | undefined // undefined if the descriptor did not arrive
    const { number, note = '', head } = message
    const admission = client === undefined ? null : receiver.admit(message.key)
    if (client === undefined || admission === null) {
      client?.close()
      post(channel, { type: 'ack', number, accepted: false, leaving: receiver.leaving })
      return
    }
    // The ack is written before the connection is injected. An ack that is still in this process's memory
    // would be lost if it died, and the primary would send a connection that was served here to another
    // worker.
    post(channel, { type: 'ack', number, accepted: true, leaving: receiver.leaving }, undefined, err => {
      if (err === null || !primaryLives()) {
        admission.inject(client, note, head === undefined ? undefined : Buffer.from(head, 'base64'))
      } else {
        admission.cancel()
        client.close() // the primary has the other copy, and without an ack it sends that to another worker
      }
    })
  })
  return {
    showOpen () {},
    mostReturns: 1,
    lost () { for (const number of returning.keys()) settle(number, false) },
    openLot: () => undefined, // it would need a thread
    giveBack: (key, reason, connections, done) => {
      connections.forEach(({ handle, left, note }, place) => {
        const number = ++returns
        returning.set(number, returned => { done(place, returned) })
        post(channel, { type: 'return', number, key, reason, left: Math.ceil(left), note }, handle, err => { if (err !== null) settle(number, false) })
      })
    }
  }
}
