import { once } from 'node:events'
import type { Test } from 'tap'
import WebSocket from 'ws'

interface Message { id?: number, method?: string, params?: Record<string, unknown>, result?: { result?: { value?: unknown } } }

/** A debugger attached to a process, with Chrome's protocol: https://chromedevtools.github.io/devtools-protocol/v8/ */
export class Debugger {
  readonly #socket: WebSocket
  readonly #messages: Message[] = []
  #asked = 0

  private constructor (socket: WebSocket) {
    this.#socket = socket
    socket.on('message', data => { this.#messages.push(JSON.parse(String(data)) as Message) })
  }

  static async attach (t: Test, url: string): Promise<Debugger> {
    const socket = new WebSocket(url)
    t.teardown(() => { socket.terminate() })
    await once(socket, 'open')
    return new Debugger(socket)
  }

  /** Calls a method; resolves with the value of the expression, or the method's result. */
  async ask (method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#asked
    this.#socket.send(JSON.stringify({ id, method, params }))
    const { result } = await this.#message(message => message.id === id)
    return result?.result?.value
  }

  async happened (method: string): Promise<void> {
    await this.#message(message => message.method === method)
  }

  async #message (is: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.#messages.find(is)
      if (found !== undefined) return found
      await once(this.#socket, 'message')
    }
  }
}
