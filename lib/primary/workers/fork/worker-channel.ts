import type { ChildProcess } from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'
import { inspect } from 'node:util'
import { type ChildChannel, readChannel, type RawHandle } from '../../../platform/node-internals.js'
import { isOurs } from '../../../protocol.js'

/**
 * The most characters of one message. Node has no limit except that of a string, 512 MiB, and parsed JSON
 * takes some thirty times the memory of its text.
 */
const LONGEST_MESSAGE = 16 * 2 ** 20

/**
 * The most bytes of answers that a worker has not read: it may ask as fast as it likes, and the answers are
 * queued in this process.
 */
const MOST_UNREAD = 16 * 2 ** 20

/** A message of Node's own, which it does not pass to 'message' listeners: `cmd` begins with NODE_. */
export interface InternalMessage { cmd: string, [field: string]: unknown }

export interface WorkerChannelParts {
  /** Handles one of Node's own messages. Throws if the message is invalid. */
  onInternal (message: InternalMessage, handle: RawHandle | undefined): void
  /** Called once, when the worker has sent something invalid. */
  onBroken (err: Error): void
}

/**
 * Reads the messages of a worker from its IPC channel, so that nothing in them can harm this process. After
 * something invalid, only this package's own messages are handled: an ack that the worker has written
 * counts, whatever else it writes.
 */
export class WorkerChannel {
  readonly #child: ChildProcess
  readonly #parts: WorkerChannelParts
  readonly #decoder = new StringDecoder('utf8')
  readonly #channel: ChildChannel
  /** The received part of an incomplete message. */
  #rest = ''
  /** Whether the rest of that message is discarded, because it is too long. */
  #skips = false
  /** A handle whose message has not arrived. */
  #handle: RawHandle | undefined
  #answered = 0
  #broken = false

  /** @throws SHARED_PORT_ERR_NODE_UNSUPPORTED */
  constructor (child: ChildProcess, parts: WorkerChannelParts) {
    this.#child = child
    this.#parts = parts
    this.#channel = readChannel(child, {
      read: (bytes, handle) => this.#read(bytes, handle),
      ended: () => { this.#takeHandle()?.close() }
    })
  }

  /** Runs code that handles a message. If it throws, the worker is reported as broken. */
  guarded (run: () => void): void {
    try {
      run()
    } catch (err) {
      this.#break(err as Error)
    }
  }

  /** Closes the channel of a dead worker. Its child processes may still hold the other end open. */
  close (): void {
    this.#takeHandle()?.close()
    if (!this.#child.connected) return
    this.#channel.abandon()
    this.#child.disconnect()
  }

  /** @returns whether a message is incomplete */
  #read (bytes: Buffer, handle: RawHandle | undefined): boolean {
    if (handle !== undefined) this.#hold(handle)
    const lines = this.#decoder.write(bytes).split('\n')
    const rest = lines.pop() as string
    for (const line of lines) this.#complete(line)
    this.#rest += rest
    if (this.#rest.length > LONGEST_MESSAGE) this.#skip()
    return this.#rest !== '' && !this.#broken
  }

  #complete (end: string): void {
    const line = this.#rest + end
    this.#rest = ''
    if (this.#skips) this.#skips = false
    else if (line.length > LONGEST_MESSAGE) this.#tooLong()
    else this.#take(line)
  }

  #skip (): void {
    this.#rest = ''
    if (!this.#skips) this.#tooLong()
    this.#skips = true
  }

  #take (line: string): void {
    if (this.#child.channel == null) return // this process has closed the channel; Node ignores messages then, too
    let message: unknown
    try {
      message = JSON.parse(line)
    } catch {
      return this.#break(new Error(`it wrote invalid JSON to its IPC channel: ${inspect(line.slice(0, 100))}`))
    }
    // Each message is emitted in a tick of its own, as Node does, so that an exception in a listener of the
    // app does not affect the others.
    if (isInternal(message)) {
      const handle = message.cmd === 'NODE_HANDLE' ? this.#takeHandle() : undefined
      process.nextTick(() => { this.#onInternal(message, handle) })
    } else if (!this.#broken) {
      process.nextTick(() => { this.#child.emit('message', message, undefined) })
    }
  }

  #onInternal (message: InternalMessage, handle: RawHandle | undefined): void {
    if (!isOurs(message) && this.#broken) return handle?.close()
    const before = this.#channel.unsent()
    if (isOurs(message)) this.#child.emit('internalMessage', message)
    else this.#parts.onInternal(message, handle)
    const after = this.#channel.unsent()
    this.#answered = after === 0 ? 0 : this.#answered + Math.max(0, after - before)
    if (this.#answered > MOST_UNREAD) this.#break(new Error('it sends requests but does not read the answers'))
  }

  #hold (handle: RawHandle): void {
    const former = this.#takeHandle()
    if (former === undefined && !this.#broken) {
      this.#handle = handle
      return
    }
    former?.close()
    handle.close()
    this.#break(new Error('it sent a descriptor without a message'))
  }

  #takeHandle (): RawHandle | undefined {
    const handle = this.#handle
    this.#handle = undefined
    return handle
  }

  #tooLong (): void {
    this.#break(new Error(`it sent a message of more than ${LONGEST_MESSAGE / 2 ** 20} MiB`))
  }

  #break (err: Error): void {
    if (this.#broken) return
    this.#broken = true
    this.#takeHandle()?.close()
    this.#parts.onBroken(err)
  }
}

/** Node uses the same test (isInternal in its lib/internal/child_process.js). */
export function isInternal (message: unknown): message is InternalMessage {
  const cmd = (message as Partial<InternalMessage> | null)?.cmd
  return typeof cmd === 'string' && cmd.length > INTERNAL.length && cmd.startsWith(INTERNAL)
}

const INTERNAL = 'NODE_'
