// Text that is shown to people may come from a client, an app or a path. A control character in it could move
// the cursor, change colours or titles, or begin a line that looks like one of ours.

/** C0 without tab and newline, DEL, and C1, which terminals also interpret as escape sequences (ECMA-48). */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g // eslint-disable-line no-control-regex

/** Escapes the control characters in a text, except newlines and tabs. */
export function plain (text: string): string {
  return text.replace(CONTROLS, spell)
}

/** Like {@link plain}, but escapes newlines too. */
export function oneLine (text: string): string {
  return plain(text).replaceAll('\n', '\\n')
}

/** Like {@link plain}, but indents all lines after the first, so that none of them looks like a new entry. */
export function setIn (text: string): string {
  return plain(text).replaceAll('\n', '\n    ')
}

function spell (character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}
