import { closeSync } from 'node:fs'
import { openDescriptor } from '../../platform/node-internals.js'
import { BoundFile } from '../../platform/bound-file.js'
import { systemError } from '../../platform/system-error.js'
import type { GivenSocket } from '../upgrade/messages.js'
import type { Bound } from './listener.js'

/** The listening sockets of a predecessor. Each is used by the first call of listen() that asks for the same. */
export class GivenSockets {
  readonly #sockets: GivenSocket[]

  constructor (sockets: readonly GivenSocket[]) {
    this.#sockets = [...sockets]
  }

  /** The number that nothing has asked for yet. */
  get left (): number {
    return this.#sockets.length
  }

  /** The handles for this call of listen(), several for `localhost`. None if the predecessor had none for it. */
  take (asked: string, key: string): Array<Pick<Bound, 'handle' | 'name' | 'file'>> {
    const first = this.#sockets.find(socket => socket.asked === asked && socket.key === key) ?? this.#sockets.find(socket => socket.asked === asked)
    const found = this.#sockets.filter(socket => socket.asked === asked && socket.key === first?.key)
    return found.map(socket => {
      const { name, fd, file } = socket
      this.#sockets.splice(this.#sockets.indexOf(socket), 1)
      const handle = openDescriptor(fd)
      if (typeof handle === 'number') throw systemError(handle, 'open')
      return { handle, name, ...(file !== undefined && { file: new BoundFile(file) }) }
    })
  }

  /** Closes those that nothing has asked for. The kernel refuses their clients once the predecessor has closed them, too. */
  closeOthers (): void {
    for (const { fd } of this.#sockets.splice(0)) closeSync(fd)
  }
}
