import { once } from 'node:events'
import http from 'node:http'
import type { Test } from 'tap'
import { type App, appPath, command, hooked } from './helper.js'

export const TOKEN = '0123456789abcdef'
export const authorization = `Bearer ${TOKEN}`

/** Starts an app with two workers, metrics and an admin server, whose address is `admin`. */
export async function serve (t: Test, ...args: string[]): Promise<{ app: App, url: string, admin: string }> {
  const app = command(t, [appPath('measured.mjs'), '--workers', '2', '--port', '0', '--address', '127.0.0.1', '--admin', '127.0.0.1:0', '--admin-token', TOKEN, '--no-control', ...args], hooked)
  return { app, url: await app.url(), admin: String((await app.event('admin')).address) }
}

/** Yields server-sent events as they arrive. */
export async function * follow (admin: string): AsyncGenerator<{ event: string, data: any }> {
  const sent = http.get(`${admin}/events`, { agent: false })
  const [response] = await once(sent, 'response') as [http.IncomingMessage]
  for (const stream of [sent, response]) stream.on('error', () => {}) // the connection is closed at the end
  let event = ''
  let rest = ''
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() as string
      for (const line of lines) {
        if (line.startsWith('event: ')) event = line.slice(7)
        if (line.startsWith('data: ')) yield { event, data: JSON.parse(line.slice(6)) }
      }
    }
  } finally {
    sent.destroy()
  }
}
