import { inspect, types } from 'node:util'

// Serializes an error for another process. An app may throw anything: errors whose code is a number or an
// object, getters that throw, circular causes. The notice is plain data of bounded size, and the receiver
// treats it as untrusted.

/** Values of `code` that are kept as they are. Others are converted to text. */
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
  /** The errors of an AggregateError. */
  errors?: ErrorNotice[]
}

/** Additional properties of Node's system errors (https://nodejs.org/docs/latest/api/errors.html#class-systemerror). */
const SYSTEM_PARTS = ['errno', 'syscall', 'address', 'port', 'path', 'dest', 'hostname'] as const

/** The deepest level of nested causes and errors that is sent. */
const MOST_LEVELS = 8

/** The most errors that are sent in total. */
const MOST_ERRORS = 32

/** The most characters of each text. A stack of the usual ten frames has about 1,000. */
const LONGEST_TEXT = 16_384

/** Replaces a value that cannot be read or formatted. */
const UNREADABLE = 'an unreadable error'

/** Serializes whatever was thrown. Never throws. */
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

/** `instanceof` alone misses errors of another realm (node:vm), and runs code if the value is a proxy. */
function isError (value: unknown): value is Error {
  try {
    return types.isNativeError(value) || value instanceof Error
  } catch {
    return false
  }
}

const PARTS = ['name', 'message', 'code', 'stack', 'cause', 'errors', ...SYSTEM_PARTS] as const

/** Each property may be a getter of the app. */
function partsOf (err: Error): Partial<Record<typeof PARTS[number], unknown>> {
  return Object.fromEntries(PARTS.map(part => {
    try {
      return [part, Reflect.get(err, part)]
    } catch {
      return [part, part === 'name' || part === 'message' ? UNREADABLE : undefined]
    }
  }))
}

/** Keeps numbers and strings. Under these names, an app's own error may have any value; others are dropped. */
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
    return UNREADABLE // the value's own inspect() throws
  }
}

/** JSON has no NaN and no Infinity. */
function asCode (code: unknown): ErrorCode {
  return isCode(code) ? (typeof code === 'string' ? shorten(code) : code) : asText(code)
}

function isCode (code: unknown): code is ErrorCode {
  return code === null || typeof code === 'string' || typeof code === 'boolean' || Number.isFinite(code)
}

/** The stack as text. An app's own Error.prepareStackTrace may have replaced it, usually by an array of frames. */
function asStack (stack: unknown, name: unknown, message: unknown): string {
  if (!Array.isArray(stack)) return asText(stack)
  return shorten([`${asText(name)}: ${asText(message)}`, ...stack.slice(0, 100).map(frame => `    at ${frameText(frame)}`)].join('\n'))
}

function frameText (frame: unknown): string {
  try {
    return String(frame) // a CallSite converts to its location
  } catch {
    return UNREADABLE
  }
}

function shorten (text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 3)}...`
}

/** Restores an error from a notice, whatever the other process has sent. */
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
  // If the notice has no stack, the one of this process would be misleading.
  err.stack = stack === undefined ? `${err.name}: ${text}` : asText(stack)
  return Object.assign(err, code !== undefined && { code: asCode(code) }, systemParts(more))
}
