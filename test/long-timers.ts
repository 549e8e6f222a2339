import { pathToFileURL } from 'node:url'
import { type App, fixturePath } from './helper.js'

/** Milliseconds of a time limit that ends when a test says so: see test/fixtures/long-timers.mjs. */
export const LONG = 300_001

/** For an app's execArgv: its primary's timers of {@link LONG} are the test's. */
export const turnable = ['--import', pathToFileURL(fixturePath('long-timers.mjs')).href]

/** Lets all timers of {@link LONG} that are set in the primary fire. */
export function turn (app: App): void {
  process.kill(app.pid, 'SIGWINCH')
}
