import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import type { Status } from '../../../types/index.js'
import { ControlError } from '../exit.js'

/**
 * Milliseconds to wait for an answer, so that a primary that hangs or is held by a debugger does not block
 * the command.
 */
const PATIENCE = 5_000

/** Milliseconds between two checks whether the primary is gone, if it has closed the connection that waits for that. */
const PAUSE = 100

class TooLateError extends ControlError {}

/** A client of one primary's control socket. */
export class ControlClient {
  /** The path of the socket. */
  readonly path: string

  constructor (path: string) {
    this.path = path
  }

  /**
   * @throws Node's own error if nobody listens on the socket
   * @throws ControlError if there is no answer in time, or the answer does not come from a primary
   */
  async status (): Promise<Status> {
    const status = await inTime(async signal => await read(await this.#send('GET', '/status', undefined, {}, signal))) as Partial<Status>
    if (typeof status.pid !== 'number' || !Array.isArray(status.workers) || !Array.isArray(status.listeners)) throw new ControlError('it is not a shared-fastify primary')
    return status as Status
  }

  /** @throws ControlError with the primary's reason, or if there is no answer in time */
  async post (url: string, body?: object): Promise<unknown> {
    return await inTime(async signal => await read(await this.#steer('POST', url, body, {}, signal)))
  }

  /** Yields the lines of a streamed answer. @throws ControlError with the primary's reason */
  async * follow (url: string, body?: object): AsyncGenerator<Record<string, unknown>> {
    const response = await this.#steer('POST', url, body, { accept: 'application/x-ndjson' })
    if (response.statusCode !== 200) await read(response)
    let rest = ''
    try {
      for await (const chunk of response.setEncoding('utf8')) {
        const lines = (rest + String(chunk)).split('\n')
        rest = lines.pop() as string
        for (const line of lines) yield parse(line) as Record<string, unknown>
      }
    } catch (err) {
      if (err instanceof ControlError) throw err
      throw new ControlError(`lost the connection to the primary: ${(err as Error).message}`, { cause: err })
    }
  }

  /**
   * Resolves when the primary with this pid is gone. The end of its event stream does not prove that: with
   * too many followers, the primary closes one of the streams.
   */
  async gone (pid: number): Promise<void> {
    while (await this.#isThere(pid)) {
      await this.#followToTheEnd()
      await setTimeout(PAUSE)
    }
  }

  async #isThere (pid: number): Promise<boolean> {
    try {
      return (await this.status()).pid === pid // another primary may listen on this path by now
    } catch (err) {
      if (err instanceof TooLateError) return true
      if (err instanceof ControlError) return false
      return isThere(err)
    }
  }

  async #followToTheEnd (): Promise<void> {
    try {
      const response = await this.#send('GET', '/events')
      response.resume()
      await new Promise(resolve => { response.once('close', resolve) })
    } catch (err) {
      isThere(err)
    }
  }

  /** Sends a request to a primary that answered a moment ago. */
  async #steer (method: string, path: string, body?: object, headers?: Record<string, string>, signal?: AbortSignal): Promise<IncomingMessage> {
    try {
      return await this.#send(method, path, body, headers, signal)
    } catch (err) {
      throw new ControlError(`the primary no longer answers: ${(err as Error).message}`, { cause: err })
    }
  }

  async #send (method: string, path: string, body?: object, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<IncomingMessage> {
    const sent = request({ socketPath: this.path, method, path, agent: false, ...(signal !== undefined && { signal }), headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) } })
    sent.end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = await once(sent, 'response') as [IncomingMessage]
    return response.on('error', () => {}) // if the answer is cut off, its reader gets the error
  }
}

async function read (response: IncomingMessage): Promise<unknown> {
  const answer = parse(await text(response)) as { message?: string }
  if ((response.statusCode ?? 500) >= 400) throw new ControlError(answer.message ?? `the primary answered with HTTP status ${response.statusCode}`)
  return answer
}

function parse (json: string): object {
  try {
    const parsed: unknown = JSON.parse(json)
    if (typeof parsed === 'object' && parsed !== null) return parsed
  } catch {}
  throw new ControlError('it is not a shared-fastify primary')
}

/** @throws ControlError if there is no answer in time */
async function inTime<T> (ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(PATIENCE)
  try {
    return await ask(signal)
  } catch (err) {
    throw signal.aborted ? new TooLateError(`no answer within ${PATIENCE} ms`) : err
  }
}

/**
 * Whether the error means that the primary is there, but closed this connection. @throws the error itself if
 * it means neither that nor that the primary is gone
 */
function isThere (err: unknown): boolean {
  const { code } = err as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return false
  if (code === 'ECONNRESET' || code === 'EPIPE') return true
  throw err
}
