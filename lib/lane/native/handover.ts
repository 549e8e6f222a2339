import type { Addon } from '../addon.js'
import { HANDED, type Handed, type Handover, type OnHanded, type Returned } from '../interface.js'
import type { Lingering } from '../linger.js'
import { packReturns } from '../notes.js'
import { NativeConnection } from './connection.js'
import { ReturnLane } from './return-lane.js'
import { NO_ROOM } from './wire.js'

/** Milliseconds before a frame for which there was no room is sent again. */
const RETRY = 5

interface Waiting { key: string, as: Handed, connections: readonly Returned[] }

/** The side of the primary that is replaced. Frames are those of the return lane. */
export class NativeHandover implements Handover {
  readonly #addon: Addon
  readonly #fds: Int32Array
  #end: number
  #successorsEnd: number | undefined
  #waiting: Waiting[] = []
  #retry: NodeJS.Timeout | undefined
  #whenSent: Array<() => void> = []

  constructor (addon: Addon) {
    this.#addon = addon
    this.#fds = new Int32Array(addon.FRAME_SIZE)
    const [end, successorsEnd] = addon.pair()
    this.#end = end
    this.#successorsEnd = successorsEnd
  }

  get inherited (): readonly number[] {
    return [this.#successorsEnd as number]
  }

  start (): void {
    this.#addon.close(this.#successorsEnd as number)
    this.#successorsEnd = undefined
  }

  send (key: string, as: Handed, connections: readonly Returned[]): void {
    for (let from = 0; from < connections.length; from += this.#fds.length) {
      this.#waiting.push({ key, as, connections: connections.slice(from, from + this.#fds.length) })
    }
    this.#sendAll()
  }

  async sent (): Promise<void> {
    if (this.#waiting.length > 0) await new Promise<void>(resolve => { this.#whenSent.push(resolve) })
  }

  /** Also called when the successor has exited. */
  close (): void {
    if (this.#end === -1) return
    clearTimeout(this.#retry)
    for (const { connections } of this.#waiting.splice(0)) closeAll(connections)
    this.#settle()
    if (this.#successorsEnd !== undefined) this.start()
    this.#addon.close(this.#end)
    this.#end = -1
  }

  #sendAll (): void {
    clearTimeout(this.#retry)
    for (let next; (next = this.#waiting[0]) !== undefined;) {
      const error = this.#sendOne(next)
      if (NO_ROOM.includes(error)) {
        this.#retry = setTimeout(() => { this.#sendAll() }, RETRY)
        return
      }
      this.#waiting.shift()
      closeAll(next.connections) // the successor has them now; or it is gone, and nobody else would serve them
    }
    this.#settle()
  }

  #sendOne ({ key, as, connections }: Waiting): number {
    connections.forEach(({ connection }, place) => { this.#fds[place] = (connection as NativeConnection).fd })
    return this.#addon.send(this.#end, HANDED.indexOf(as), key, packReturns(connections.map(({ connection: { note }, left }) => ({ note, left }))), this.#fds, connections.length)
  }

  #settle (): void {
    for (const run of this.#whenSent.splice(0)) run()
  }
}

/** The successor's side: reads from the descriptor that it has inherited. Returns a function that ends it. */
export function receiveNativeHandover (addon: Addon, lingering: Lingering, fd: number, onHanded: OnHanded): () => void {
  addon.closeOnExec(fd)
  const lane = new ReturnLane<Handed>(addon, {
    reasons: HANDED,
    adopt: fd => new NativeConnection(addon, lingering, fd),
    onReturned: onHanded,
    onWant () {},
    onBroken () {} // the predecessor is gone
  }, [fd])
  return () => { lane.end() }
}

function closeAll (connections: readonly Returned[]): void {
  for (const { connection } of connections) connection.close()
}
