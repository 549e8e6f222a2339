import { clearScreenDown, cursorTo } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { findPrimaries, nobody, type Primary, type Which } from './primaries.js'
import { statusText } from './status-text.js'

/** Milliseconds between two updates with --watch. */
const INTERVAL = 1_000

export interface StatusFlags extends Which { json?: boolean, watch?: boolean }

/** Prints the status of each primary of this user. @throws ControlError if there is none */
export async function status ({ json = false, watch = false, ...which }: StatusFlags): Promise<void> {
  let primaries = await findPrimaries(which)
  if (primaries.length === 0) throw nobody(which)
  if (!watch) return print(primaries, json)
  for (; primaries.length > 0; primaries = await findPrimaries(which)) {
    if (json) print(primaries, true)
    else redraw(primaries)
    await setTimeout(INTERVAL)
  }
  process.stdout.write(Object.values(which).every(value => value === undefined) ? 'no primary is running any more\n' : 'no primary matches any more\n')
}

/** The terminal's width. Output that does not go to a terminal has the default width. */
function width (): { width?: number } {
  return process.stdout.isTTY ? { width: process.stdout.columns } : {}
}

/** With `json`, prints one line for each primary. */
function print (primaries: Primary[], json: boolean): void {
  const texts = primaries.map(({ status }) => json ? JSON.stringify(status) : statusText(status, width()))
  process.stdout.write(`${texts.join(json ? '\n' : '\n\n')}\n`)
}

/** On a terminal, replaces the previous output; otherwise appends to it. */
function redraw (primaries: Primary[]): void {
  const { stdout } = process
  if (stdout.isTTY) {
    cursorTo(stdout, 0, 0)
    clearScreenDown(stdout)
  }
  stdout.write(`${primaries.map(({ status }) => statusText(status, { bars: stdout.isTTY, ...width() })).join('\n\n')}\n${stdout.isTTY ? '' : '\n'}`)
}
