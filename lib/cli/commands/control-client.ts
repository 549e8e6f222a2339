import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import type { Status } from '../../../types/index.js'
import { ControlError } from '../exit.js'

/** Milliseconds that a primary has to say something: one that hangs, or is held by a debugger, holds nobody up. */
const PATIENCE = 5_000

/** Milliseconds between two looks whether it is gone, should it let go of whoever waits for that. */
const PAUSE = 100

class TooLateError extends ControlError {}

/** One primary, by its control socket. */
export class ControlClient {
  /** The path of the socket. */
  readonly path: string

  constructor (path: string) {
    this.path = path
  }

  /**
   * @throws Node's own error where nobody listens
   * @throws ControlError where it does not answer in time, or is no primary
   */
  async status (): Promise<Status> {
    const status = await inTime(async signal => await read(await this.#send('GET', '/status', undefined, {}, signal))) as Partial<Status>
    if (typeof status.pid !== 'number' || !Array.isArray(status.workers) || !Array.isArray(status.listeners)) throw new ControlError('it is no primary of shared-fastify')
    return status as Status
  }

  /** @throws ControlError with the primary's reason, or where it does not answer in time */
  async post (url: string, body?: object): Promise<unknown> {
    return await inTime(async signal => await read(await this.#steer('POST', url, body, {}, signal)))
  }

  /** What the primary says step by step, a line each. @throws ControlError with the primary's reason */
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
      throw new ControlError(`the primary says nothing more: ${(err as Error).message}`, { cause: err })
    }
  }

  /**
   * Resolves when the primary of this number is gone. That its answer ends is no proof of it: where
   * many follow what happens, the primary lets go of one.
   */
  async gone (pid: number): Promise<void> {
    while (await this.#isThere(pid)) {
      await this.#followToTheEnd()
      await setTimeout(PAUSE)
    }
  }

  async #isThere (pid: number): Promise<boolean> {
    try {
      return (await this.status()).pid === pid // another one may have its place
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

  /** To one that was there a moment ago. */
  async #steer (method: string, path: string, body?: object, headers?: Record<string, string>, signal?: AbortSignal): Promise<IncomingMessage> {
    try {
      return await this.#send(method, path, body, headers, signal)
    } catch (err) {
      throw new ControlError(`the primary does not answer any more: ${(err as Error).message}`, { cause: err })
    }
  }

  async #send (method: string, path: string, body?: object, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<IncomingMessage> {
    const sent = request({ socketPath: this.path, method, path, agent: false, ...(signal !== undefined && { signal }), headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) } })
    sent.end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = await once(sent, 'response') as [IncomingMessage]
    return response.on('error', () => {}) // where it is cut off, whoever reads it is told
  }
}

async function read (response: IncomingMessage): Promise<unknown> {
  const answer = parse(await text(response)) as { message?: string }
  if ((response.statusCode ?? 500) >= 400) throw new ControlError(answer.message ?? `the primary answers with ${response.statusCode}`)
  return answer
}

function parse (json: string): object {
  try {
    const parsed: unknown = JSON.parse(json)
    if (typeof parsed === 'object' && parsed !== null) return parsed
  } catch {}
  throw new ControlError('it is no primary of shared-fastify')
}

/** @throws ControlError where that takes too long */
async function inTime<T> (ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(PATIENCE)
  try {
    return await ask(signal)
  } catch (err) {
    throw signal.aborted ? new TooLateError(`not within ${PATIENCE} ms`) : err
  }
}

/** Whether somebody listens, and let go of this connection alone. @throws the error itself where it tells nothing of that */
function isThere (err: unknown): boolean {
  const { code } = err as NodeJS.ErrnoException
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return false
  if (code === 'ECONNRESET' || code === 'EPIPE') return true
  throw err
}
