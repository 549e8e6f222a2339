import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Status } from '../../types/index.js'
import { ControlError } from './exit.js'

/** Milliseconds that a primary has to say how it is: one that hangs, or is held by a debugger, holds nobody up. */
const PATIENCE = 5_000

/** One primary, by its control socket. */
export class ControlClient {
  /** The path of the socket. */
  readonly path: string

  constructor (path: string) {
    this.path = path
  }

  /**
   * @throws Node's own error where nobody listens
   * @throws ControlError where it does not answer in time
   */
  async status (): Promise<Status> {
    const signal = AbortSignal.timeout(PATIENCE)
    try {
      return await this.#read(await this.#send('GET', '/status', undefined, {}, signal)) as Status
    } catch (err) {
      throw signal.aborted ? new ControlError(`not within ${PATIENCE} ms`) : err
    }
  }

  /** @throws ControlError with the primary's reason */
  async post (url: string, body?: object): Promise<unknown> {
    return await this.#json('POST', url, body)
  }

  /** What the primary says step by step, a line each. @throws ControlError with the primary's reason */
  async * follow (url: string, body?: object): AsyncGenerator<Record<string, unknown>> {
    const response = await this.#steer('POST', url, body, { accept: 'application/x-ndjson' })
    if (response.statusCode !== 200) await this.#read(response)
    let rest = ''
    try {
      for await (const chunk of response.setEncoding('utf8')) {
        const lines = (rest + String(chunk)).split('\n')
        rest = lines.pop() as string
        for (const line of lines) yield JSON.parse(line) as Record<string, unknown>
      }
    } catch (err) {
      throw new ControlError(`the primary says nothing more: ${(err as Error).message}`, { cause: err })
    }
  }

  /** Resolves when the primary is gone. */
  async gone (): Promise<void> {
    const response = await this.#steer('GET', '/events')
    response.resume()
    await new Promise(resolve => { response.once('close', resolve) })
  }

  async #json (method: string, url: string, body?: object): Promise<unknown> {
    return await this.#read(await this.#steer(method, url, body))
  }

  async #read (response: IncomingMessage): Promise<unknown> {
    const answer = JSON.parse(await text(response)) as { message?: string }
    if ((response.statusCode ?? 500) >= 400) throw new ControlError(answer.message ?? `the primary answers with ${response.statusCode}`)
    return answer
  }

  /** To one that was there a moment ago. */
  async #steer (method: string, path: string, body?: object, headers?: Record<string, string>): Promise<IncomingMessage> {
    try {
      return await this.#send(method, path, body, headers)
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
