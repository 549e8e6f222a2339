import { inspect, types } from 'node:util'

// An error on its way to another process. An app throws what it likes: errors whose code is a number or an
// object, getters that throw, causes that lead back to themselves. What goes over the channel is plain data of
// bounded size, and it is read as untrusted data.

/** What may be in `code` as it is. Anything else arrives as text. */
export type ErrorCode = string | number | boolean | null

export interface ErrorNotice {
  name: string
  message: string
  code?: ErrorCode
  errno?: number | string
  syscall?: number | string
  address?: number | string
  port?: number | string
  path?: number | string
  dest?: number | string
  hostname?: number | string
  stack?: string
  cause?: ErrorNotice
  /** Those of an AggregateError. */
  errors?: ErrorNotice[]
}

/** What Node's errors of the system have besides (https://nodejs.org/docs/latest/api/errors.html#class-systemerror). */
const SYSTEM_PARTS = ['errno', 'syscall', 'address', 'port', 'path', 'dest', 'hostname'] as const

/** How deep causes and errors of errors go along. */
const MOST_LEVELS = 8

/** How many errors go along in all. */
const MOST_ERRORS = 32

/** Characters of each text: a stack of the usual ten frames has about 1,000. */
const LONGEST_TEXT = 16_384

/** What {@link toNotice} leaves of an object that cannot be shown. */
const UNREADABLE = 'an error that cannot be read'

/** Never throws, whatever was thrown. */
export function toNotice (err: unknown): ErrorNotice {
  return describe(err, MOST_LEVELS, { left: MOST_ERRORS })
}

function describe (err: unknown, levels: number, budget: { left: number }): ErrorNotice {
  budget.left--
  if (!isError(err)) return { name: 'Error', message: asText(err) }
  const { name, message, code, stack, cause, errors, ...more } = partsOf(err)
  const deeper = (value: unknown): ErrorNotice[] => levels > 0 && budget.left > 0 ? [describe(value, levels - 1, budget)] : []
  const [causeNotice] = cause === undefined ? [] : deeper(cause)
  const errorNotices = Array.isArray(errors) ? errors.slice(0, MOST_ERRORS).flatMap(deeper) : []
  return {
    name: asText(name),
    message: asText(message),
    ...(code !== undefined && { code: asCode(code) }),
    ...systemParts(more),
    ...(stack !== undefined && { stack: asStack(stack, name, message) }),
    ...(causeNotice !== undefined && { cause: causeNotice }),
    ...(errorNotices.length > 0 && { errors: errorNotices })
  }
}

/** `instanceof` alone misses those of another realm (node:vm), and runs what a proxy likes. */
function isError (value: unknown): value is Error {
  try {
    return types.isNativeError(value) || value instanceof Error
  } catch {
    return false
  }
}

const PARTS = ['name', 'message', 'code', 'stack', 'cause', 'errors', ...SYSTEM_PARTS] as const

/** Each may be a getter of the app's. */
function partsOf (err: Error): Partial<Record<typeof PARTS[number], unknown>> {
  return Object.fromEntries(PARTS.map(part => {
    try {
      return [part, Reflect.get(err, part)]
    } catch {
      return [part, part === 'name' || part === 'message' ? UNREADABLE : undefined]
    }
  }))
}

/** Numbers and text as they are: an app's own error may have anything else by these names, which stays where it is. */
function systemParts (parts: Record<string, unknown>): Pick<ErrorNotice, typeof SYSTEM_PARTS[number]> {
  return Object.fromEntries(SYSTEM_PARTS.flatMap(part => {
    const value = parts[part]
    if (typeof value === 'string') return [[part, shorten(value)]]
    return Number.isFinite(value) ? [[part, value]] : []
  }))
}

function asText (value: unknown): string {
  return shorten(typeof value === 'string' ? value : show(value))
}

function show (value: unknown): string {
  try {
    return inspect(value, { depth: 2, maxStringLength: LONGEST_TEXT, maxArrayLength: 100 })
  } catch {
    return UNREADABLE // its own inspect() throws
  }
}

/** JSON has no NaN and no Infinity. */
function asCode (code: unknown): ErrorCode {
  return isCode(code) ? (typeof code === 'string' ? shorten(code) : code) : asText(code)
}

function isCode (code: unknown): code is ErrorCode {
  return code === null || typeof code === 'string' || typeof code === 'boolean' || Number.isFinite(code)
}

/** Text, or what the app's own Error.prepareStackTrace has made of it: an array of frames, in most cases. */
function asStack (stack: unknown, name: unknown, message: unknown): string {
  if (!Array.isArray(stack)) return asText(stack)
  return shorten([`${asText(name)}: ${asText(message)}`, ...stack.slice(0, 100).map(frame => `    at ${frameText(frame)}`)].join('\n'))
}

function frameText (frame: unknown): string {
  try {
    return String(frame) // a CallSite says where it is
  } catch {
    return UNREADABLE
  }
}

function shorten (text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 3)}...`
}

/** The error as another process told of it, whatever that has sent. */
export function fromNotice (notice: unknown): Error {
  return revive(notice, MOST_LEVELS, { left: MOST_ERRORS })
}

function revive (notice: unknown, levels: number, budget: { left: number }): Error {
  budget.left--
  if (typeof notice !== 'object' || notice === null) return new Error(typeof notice === 'string' ? asText(notice) : UNREADABLE)
  const { name, message, code, stack, cause, errors, ...more } = notice as Record<string, unknown>
  const deeper = (value: unknown): Error[] => levels > 0 && budget.left > 0 ? [revive(value, levels - 1, budget)] : []
  const [revivedCause] = cause === undefined ? [] : deeper(cause)
  const revived = Array.isArray(errors) ? errors.slice(0, MOST_ERRORS).flatMap(deeper) : []
  const options = revivedCause === undefined ? undefined : { cause: revivedCause }
  const text = message === undefined ? UNREADABLE : asText(message)
  const err = revived.length > 0 ? new AggregateError(revived, text, options) : new Error(text, options)
  err.name = name === undefined ? 'Error' : asText(name)
  // Where the other process has no stack, this one's would mislead.
  err.stack = stack === undefined ? `${err.name}: ${text}` : asText(stack)
  return Object.assign(err, code !== undefined && { code: asCode(code) }, systemParts(more))
}
