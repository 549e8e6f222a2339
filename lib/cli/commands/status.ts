import { clearScreenDown, cursorTo } from 'node:readline'
import { setTimeout } from 'node:timers/promises'
import { findPrimaries, nobody, type Primary, type Which } from './primaries.js'
import { statusText } from './status-text.js'

/** Milliseconds between two looks with --watch. */
const INTERVAL = 1_000

export interface StatusFlags extends Which { json?: boolean, watch?: boolean }

/** Prints what each primary of this user is and does. @throws ControlError where there is none */
export async function status ({ json = false, watch = false, ...which }: StatusFlags): Promise<void> {
  let primaries = await findPrimaries(which)
  if (primaries.length === 0) throw nobody(which)
  if (!watch) return print(primaries, json)
  for (; primaries.length > 0; primaries = await findPrimaries(which)) {
    if (json) print(primaries, true)
    else redraw(primaries)
    await setTimeout(INTERVAL)
  }
  process.stdout.write('no primary is running any more\n')
}

/** That of the terminal; what goes elsewhere may be shown on any. */
function width (): { width?: number } {
  return process.stdout.isTTY ? { width: process.stdout.columns } : {}
}

/** JSON: a line for each. */
function print (primaries: Primary[], json: boolean): void {
  const texts = primaries.map(({ status }) => json ? JSON.stringify(status) : statusText(status, width()))
  process.stdout.write(`${texts.join(json ? '\n' : '\n\n')}\n`)
}

/** On a terminal the new picture takes the place of the old one; elsewhere it follows it. */
function redraw (primaries: Primary[]): void {
  const { stdout } = process
  if (stdout.isTTY) {
    cursorTo(stdout, 0, 0)
    clearScreenDown(stdout)
  }
  stdout.write(`${primaries.map(({ status }) => statusText(status, { bars: stdout.isTTY, ...width() })).join('\n\n')}\n${stdout.isTTY ? '' : '\n'}`)
}
