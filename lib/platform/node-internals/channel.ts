import type { ChildProcess } from 'node:child_process'
import { NodeUnsupportedError } from '../../errors.js'
import type { RawHandle } from './handles.js'

/** Node's end of the IPC channel to a child process, as far as it is used here. */
interface IpcPipe {
  /** Node's function here reads messages, and closes the channel when it ends. */
  onread (this: IpcPipe, piece?: ArrayBuffer): void
  /** The handle that arrived with the data. */
  pendingHandle: RawHandle | null
  /** Whether a message has arrived in part. If so, Node waits for the rest before it closes the channel. */
  buffering?: boolean
  readonly bytesRead: number
  readonly writeQueueSize: number
}

export interface ChannelReader {
  /** Takes the bytes that have arrived. Returns whether the last message in them is incomplete. */
  read (bytes: Buffer, handle: RawHandle | undefined): boolean
  /** The channel has ended. */
  ended (): void
}

export interface ChildChannel {
  /** The number of bytes that wait to be written to the child. */
  unsent (): number
  /**
   * Lets disconnect() close the channel at once, because the child is dead. Otherwise Node waits for the
   * rest of a message (`buffering`) and for the acknowledgement of the last handle (`_handleQueue`, Node 20
   * to 26), which never arrive if another process holds the child's end open.
   */
  abandon (): void
}

/**
 * Makes `reader` read the data that a child process writes to its IPC channel, in place of Node. Node throws
 * at a line that is not JSON (`channel.onread` in setupChannel of its lib/internal/child_process.js), and
 * the exception is uncaught in this process, since no listener has been called yet. Node 20 to 26 assign
 * `onread` and `pendingHandle` there, and the native code looks `onread` up at each read. In Node 26 a
 * buffer may be larger than the data in it; the exact count is `bytesRead`, which net.Socket also exposes.
 * @throws SHARED_PORT_ERR_NODE_UNSUPPORTED if a part of this is missing
 */
export function readChannel (child: ChildProcess, reader: ChannelReader): ChildChannel {
  const symbol = Object.getOwnPropertySymbols(child).find(({ description }) => description === 'kChannelHandle')
  const pipe = symbol === undefined ? undefined : Reflect.get(child, symbol) as IpcPipe | null | undefined
  if (pipe == null || typeof pipe.onread !== 'function' || typeof pipe.bytesRead !== 'number' || typeof pipe.writeQueueSize !== 'number' || !('pendingHandle' in pipe)) {
    throw new NodeUnsupportedError(process.version, 'the handle of a child\'s IPC channel')
  }
  const { onread } = pipe
  let before = pipe.bytesRead
  pipe.onread = piece => {
    if (piece === undefined) {
      reader.ended()
      return onread.call(pipe)
    }
    const handle = pipe.pendingHandle ?? undefined
    pipe.pendingHandle = null
    const length = pipe.bytesRead - before
    before = pipe.bytesRead
    pipe.buffering = reader.read(Buffer.from(piece, 0, length), handle)
  }
  return {
    unsent: () => pipe.writeQueueSize,
    abandon: () => {
      pipe.buffering = false
      Reflect.set(child, '_handleQueue', null)
    }
  }
}
