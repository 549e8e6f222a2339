import { pathToFileURL } from 'node:url'
import { type App, fixturePath } from './helper.js'

/** Milliseconds of a time limit that ends when a test says so: see test/fixtures/long-timers.mjs. */
export const LONG = 300_001

/** For an app's execArgv: lets the test control the primary's timers of {@link LONG}. */
export const turnable = ['--import', pathToFileURL(fixturePath('long-timers.mjs')).href]

/** Makes all current timers of {@link LONG} in the primary fire. */
export function turn (app: App): void {
  process.kill(app.pid, 'SIGWINCH')
}
