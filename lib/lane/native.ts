import type { Channel } from '../protocol.js'
import type { RawHandle } from '../platform/node-internals.js'
import type { Addon } from './addon.js'
import type { Acceptor, AcceptEvents, Handover, Hold, Lane, OnHanded, Wire, WireEvents } from './interface.js'
import { Lingering } from './linger.js'
import { NativeAcceptor } from './native/acceptor.js'
import { NativeHandover, receiveNativeHandover } from './native/handover.js'
import { NativeHold } from './native/hold.js'
import { NativeWire } from './native/wire.js'

export { receiveNative } from './native/receiver.js'

/**
 * The lane for Linux: sends many descriptors in a frame, over a socket pair for each worker. The primary
 * keeps both ends of it. Workers return connections over a second pair. The protocol and its reasons are in docs/LANES.md.
 */
export class NativeLane implements Lane {
  readonly name = 'native'
  readonly pauses = true
  readonly takesBack = true
  readonly frameSize: number
  readonly hold: Hold
  readonly #addon: Addon
  readonly #lingering = new Lingering()

  /** @throws if the lane does not work here although the addon loads, because a system call is not permitted */
  constructor (addon: Addon) {
    this.#addon = addon
    this.frameSize = addon.FRAME_SIZE
    this.createWire({ onAck () {}, onBroken () {}, onReturned () {}, onWant () {} }).close()
    this.hold = new NativeHold(addon)
  }

  listen (bound: RawHandle, backlog: number, events: AcceptEvents): Acceptor {
    return new NativeAcceptor(this.#addon, this.#lingering, bound, backlog, events)
  }

  createWire (events: WireEvents): Wire {
    return new NativeWire(this.#addon, this.#lingering, events)
  }

  createHandover (): Handover {
    return new NativeHandover(this.#addon)
  }

  receiveHandover (_channel: Channel, [fd]: readonly number[], onHanded: OnHanded): () => void {
    return fd === undefined ? () => {} : receiveNativeHandover(this.#addon, this.#lingering, fd, onHanded)
  }
}
