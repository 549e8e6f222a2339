import type { Test } from 'tap'
import { type App, appPath, command, type Ending, hooked } from './helper.js'

/** Commands for which no run has collected coverage yet. */
const HOOKED = new Set(['status', 'reload', 'restart', 'scale', 'logs', 'stop'])

/** Runs a command to its end. */
export async function run (t: Test, env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ending & { text: string, raw: string[] }> {
  const app = command(t, args, { ...(HOOKED.has(args[0] as string) && hooked), env })
  HOOKED.delete(args[0] as string)
  const { code, signal } = await app.ended
  return { code, signal, text: app.text, raw: app.raw }
}

/** Serves an app with the command. */
export async function serve (t: Test, env: NodeJS.ProcessEnv, ...args: string[]): Promise<{ app: App, url: string }> {
  const app = command(t, [appPath('measured.mjs'), '--workers', '2', '--port', '0', '--address', '127.0.0.1', ...args], { env })
  return { app, url: await app.url() }
}
