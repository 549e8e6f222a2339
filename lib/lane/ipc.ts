import { setImmediate as turn } from 'node:timers/promises'
import { type RawHandle, type SocketName, socketOn } from '../platform/node-internals.js'
import { type Channel, post, receive, type ToPrimary, type ToWorker } from '../protocol.js'
import { systemError } from '../platform/system-error.js'
import type { Ack, Acceptor, AcceptEvents, Connection, Frame, Lane, Receiver, Wire, WireEvents } from './interface.js'
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
      }
    }
  }

  createWire ({ onAck }: WireEvents): Wire {
    return new IpcWire(onAck)
  }
}

class IpcConnection implements Connection {
  acceptedAt = 0
  readonly #lingering: Lingering

  constructor (readonly handle: RawHandle, lingering: Lingering) {
    this.#lingering = lingering
  }

  close (): void {
    this.handle.close()
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
  readonly #onAck: (ack: Ack) => void
  #channel: Channel | undefined
  #stop: (() => void) | undefined

  constructor (onAck: (ack: Ack) => void) {
    this.#onAck = onAck
  }

  start (channel: Channel): void {
    this.#channel = channel
    this.#stop = receive<ToPrimary>(channel, message => {
      if (message.type !== 'ack') return
      const { number, accepted, leaving } = message
      this.#onAck({ number, refused: accepted ? NONE : FIRST, leaving })
    })
  }

  send ({ number, key, connections: [connection] }: Frame): boolean {
    const { handle } = connection as IpcConnection
    // An error means that the channel is closed or broken, so the process has exited or soon will. The
    // connection is returned at the worker's exit, not here.
    post(this.#channel as Channel, { type: 'handoff', number, key }, handle)
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

  close (): void {
    this.#stop?.()
  }
}

const NONE: readonly number[] = []
const FIRST: readonly number[] = [0]

/** The worker's side: takes or refuses each connection that arrives on `channel`. */
export function receiveIpc (channel: Channel, receiver: Receiver, primaryLives: () => boolean): void {
  receive<ToWorker>(channel, (message, handle) => {
    if (message.type !== 'handoff') return
    const client = handle as RawHandle | undefined // undefined if the descriptor did not arrive
    const { number } = message
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
        admission.inject(client)
      } else {
        admission.cancel()
        client.close() // the primary has the other copy, and without an ack it sends that to another worker
      }
    })
  })
}
