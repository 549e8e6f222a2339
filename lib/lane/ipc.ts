import { setImmediate as turn } from 'node:timers/promises'
import { type RawHandle, type SocketName, socketOn } from '../platform/node-internals.js'
import { type Channel, post, receive, type ToPrimary, type ToWorker } from '../protocol.js'
import { systemError } from '../platform/system-error.js'
import type { Ack, Acceptor, AcceptEvents, Connection, Frame, Lane, Receiver, Wire, WireEvents } from './interface.js'
import { Lingering } from './linger.js'

// The lane of any platform: libuv accepts, and each connection travels as the handle of one message
// on Node's own channel. node:cluster goes this way too, but trusts the channel with the only copy.

/** The primary's side. */
export class IpcLane implements Lane {
  readonly name = 'ipc'
  // Node's channel has one handle under way at a time; more would wait in its own queue and die with it.
  readonly frameSize = 1
  // libuv accepts and hands over by itself.
  readonly pauses = false
  // What Node's channel has been given it keeps.
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
        // libuv accepts one in each turn of the loop: a whole turn without one has found none ready.
        // The first ends with the poll that is under way, or was before this call: it may have had no accept.
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
    return name.address?.replace(/%.*$/, '') // the zone of a link-local one, which is ours and not the client's
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
    // An error means a channel that is closed or broken, and so a process that has ended or soon
    // will: its exit, not the error, returns the connection.
    post(this.#channel as Channel, { type: 'handoff', number, key }, handle)
    return true
  }

  takeBack (): boolean {
    return false
  }

  open (): undefined {}

  untaken ({ connections }: Frame): readonly Connection[] {
    // A worker takes a connection when its ack has been written, and what is written arrives before
    // the exit does, even of a process that is killed: a frame without its ack was not taken.
    return connections
  }

  close (): void {
    this.#stop?.()
  }
}

const NONE: readonly number[] = []
const FIRST: readonly number[] = [0]

/** The worker's side: takes or refuses each connection that comes over `channel`. */
export function receiveIpc (channel: Channel, receiver: Receiver, primaryLives: () => boolean): void {
  receive<ToWorker>(channel, (message, handle) => {
    if (message.type !== 'handoff') return
    const client = handle as RawHandle | undefined // undefined: its descriptor did not arrive
    const { number } = message
    const admission = client === undefined ? null : receiver.admit(message.key)
    if (client === undefined || admission === null) {
      client?.close()
      post(channel, { type: 'ack', number, accepted: false, leaving: receiver.leaving })
      return
    }
    // First the ack, then the connection: an ack that is still in this process's memory dies with
    // it, and the primary would give to another what was served here already.
    post(channel, { type: 'ack', number, accepted: true, leaving: receiver.leaving }, undefined, err => {
      if (err === null || !primaryLives()) {
        admission.inject(client)
      } else {
        admission.cancel()
        client.close() // the primary has the other copy, and no ack: it will send it to another
      }
    })
  })
}
