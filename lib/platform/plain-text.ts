// What is shown to people is text, whoever wrote it: a client, an app, a path. A control character in it would move the
// cursor, change colours or titles, or begin a line that looks like one of ours.

/** C0 without tab and newline, DEL, and C1, which terminals take for escape sequences too (ECMA-48). */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g // eslint-disable-line no-control-regex

/** The text with its control characters spelled out, newlines and tabs aside. */
export function plain (text: string): string {
  return text.replace(CONTROLS, spell)
}

/** The same, in one line. */
export function oneLine (text: string): string {
  return plain(text).replaceAll('\n', '\\n')
}

/** The same, each further line set in, so that none looks like the beginning of something else. */
export function setIn (text: string): string {
  return plain(text).replaceAll('\n', '\n    ')
}

function spell (character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}
