import { END_DELAY, LONGEST_DELAY, LOOK, PULSE } from '../platform/timing.js'

/** The schema of the plugin's options, and their bounds. The build compiles it to dist/validators/options.js. */

/** More workers than any machine has CPUs for, but few enough that a typing mistake does no harm. */
export const MOST_WORKERS = 1024

/** Bounded so that grace and END_DELAY together still fit a Node timer. */
export const LONGEST_GRACE = LONGEST_DELAY - END_DELAY

/** With a lower value, a worker that is late for a moment would be killed. */
export const LEAST_LIVENESS_TIMEOUT = 2 * PULSE

/** The pattern for `recycle.rss` as a text. */
export const SIZE = '^\\d+(\\.\\d+)? ?([kKmMgG]?[bB])?$'

/** The pattern for `socketMode` as a text. */
export const MODE = '^0?[0-7]{3}$'

export const MOST_RESTARTS = 1_000_000

export const LEAST_STALL = LOOK

/** The most connections: as many as a process can have descriptors on Linux (the default of fs.nr_open). */
export const MOST_CONNECTIONS = 2 ** 20

export const POLICIES = ['round-robin', 'least-connections', 'sticky'] as const

/** A port, optionally preceded by a host. */
export const ADDRESS = '^(.+:)?\\d{1,5}$'

/** The fewest characters of the admin server's token: a shorter one could be guessed. */
const SHORTEST_TOKEN = 16

/** The characters that a bearer token may have in a header: RFC 6750, section 2.1. */
export const TOKEN = `^[A-Za-z0-9._~+/-]{${SHORTEST_TOKEN},}=*$`

/** The largest user or group id that Node accepts when it starts a process: an int. */
export const MOST_ID = 2 ** 31 - 1

/** The keywords of a schema that code other than Ajv reads. */
export interface Part {
  readonly type?: string | readonly string[]
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly const?: unknown
  readonly enum?: readonly string[]
  readonly anyOf?: readonly Part[]
  readonly items?: Part
  readonly minItems?: number
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Part>>
  readonly additionalProperties?: boolean
  readonly isFunction?: boolean
  readonly writeOnly?: boolean
  readonly default?: unknown
  readonly description?: string
}

const aFunction = { isFunction: true, description: 'a function' } as const

const anId = {
  type: ['integer', 'string'],
  minimum: 0,
  maximum: MOST_ID,
  pattern: '^[^\\s:-][^\\s:]*$', // no leading '-', which a program could take for an option
  description: `a name or an integer from 0 to ${MOST_ID}`
} as const

// `isFunction` is a custom keyword (build/validators.js). `description` completes the sentence "option 'x'
// must be ...".
export const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    workers: {
      anyOf: [{ const: 'auto' }, { type: 'integer', minimum: 0, maximum: MOST_WORKERS }],
      default: 'auto',
      description: `'auto' or an integer from 0 to ${MOST_WORKERS}`
    },
    grace: {
      type: 'integer',
      minimum: 0,
      maximum: LONGEST_GRACE,
      default: 10_000,
      description: `an integer from 0 to ${LONGEST_GRACE} (milliseconds)`
    },
    signals: { type: 'boolean', default: true, description: 'true or false' },
    upgradeSignal: { type: 'boolean', default: false, description: 'true or false' },
    lane: { enum: ['auto', 'native', 'ipc'], default: 'auto', description: "'auto', 'native' or 'ipc'" },
    takeBackAfter: {
      type: 'integer',
      minimum: 0,
      maximum: LONGEST_DELAY,
      default: 2,
      description: `an integer from 0 to ${LONGEST_DELAY} (milliseconds, 0 for never)`
    },
    returnAfter: {
      type: 'integer',
      minimum: 0,
      maximum: LONGEST_DELAY,
      default: 5_000,
      description: `an integer from 0 to ${LONGEST_DELAY} (milliseconds, 0 for never)`
    },
    returnOnDrain: { type: 'boolean', default: true, description: 'true or false' },
    rescueAfter: {
      type: 'integer',
      minimum: 0,
      maximum: LONGEST_DELAY,
      default: 2,
      description: `an integer from 0 to ${LONGEST_DELAY} (milliseconds, 0 for never)`
    },
    bootTimeout: {
      type: 'integer',
      minimum: 0,
      maximum: LONGEST_DELAY,
      default: 30_000,
      description: `an integer from 0 to ${LONGEST_DELAY} (milliseconds, 0 for no limit)`
    },
    readyCheck: aFunction,
    reload: {
      type: 'object',
      additionalProperties: false,
      properties: {
        concurrency: {
          type: 'integer',
          minimum: 1,
          maximum: MOST_WORKERS,
          default: 1,
          description: `an integer from 1 to ${MOST_WORKERS}`
        }
      },
      default: {},
      description: 'an object'
    },
    livenessTimeout: {
      anyOf: [{ const: 0 }, { type: 'integer', minimum: LEAST_LIVENESS_TIMEOUT, maximum: LONGEST_DELAY }],
      default: 30_000,
      description: `0 (never) or an integer from ${LEAST_LIVENESS_TIMEOUT} to ${LONGEST_DELAY} (milliseconds)`
    },
    recycle: {
      type: 'object',
      additionalProperties: false,
      properties: {
        requests: { type: 'integer', minimum: 1, description: 'an integer from 1 on' },
        rss: {
          type: ['integer', 'string'],
          minimum: 1,
          pattern: SIZE,
          description: "bytes, an integer from 1 on, or a text like '512mb'"
        },
        age: { type: 'integer', minimum: 1, description: 'an integer from 1 on (milliseconds)' },
        jitter: { type: 'number', minimum: 0, maximum: 1, default: 0.1, description: 'a number from 0 to 1' }
      },
      default: {},
      description: 'an object'
    },
    maxRestarts: {
      type: 'object',
      additionalProperties: false,
      properties: {
        count: { type: 'integer', minimum: 0, maximum: MOST_RESTARTS, description: `an integer from 0 to ${MOST_RESTARTS}` },
        within: {
          type: 'integer',
          minimum: 1,
          maximum: LONGEST_DELAY,
          default: 60_000,
          description: `an integer from 1 to ${LONGEST_DELAY} (milliseconds)`
        }
      },
      default: {},
      description: 'an object'
    },
    closeDelay: {
      type: 'integer',
      minimum: 0,
      maximum: LONGEST_DELAY,
      default: 0,
      description: `an integer from 0 to ${LONGEST_DELAY} (milliseconds)`
    },
    user: anId,
    group: anId,
    socketMode: {
      type: ['integer', 'string'],
      minimum: 0,
      maximum: 0o777,
      pattern: MODE,
      description: "a number up to 0o777, or octal digits like '660'"
    },
    onWorkerStart: aFunction,
    onWorkerExit: aFunction,
    policy: {
      anyOf: [{ enum: POLICIES }, { isFunction: true }],
      default: 'round-robin',
      description: `${POLICIES.map(name => `'${name}'`).join(', ')} or a function`
    },
    stickyWait: {
      type: 'integer',
      minimum: 0,
      maximum: LONGEST_DELAY,
      default: 1_000,
      description: `an integer from 0 to ${LONGEST_DELAY} (milliseconds)`
    },
    stickyIpv6Prefix: { type: 'integer', minimum: 1, maximum: 128, default: 64, description: 'an integer from 1 to 128 (bits)' },
    stallAfter: {
      type: 'integer',
      minimum: LEAST_STALL,
      maximum: LONGEST_DELAY,
      default: 50,
      description: `an integer from ${LEAST_STALL} to ${LONGEST_DELAY} (milliseconds)`
    },
    saturation: {
      type: 'object',
      additionalProperties: false,
      properties: {
        utilization: { type: 'number', exclusiveMinimum: 0, maximum: 1, description: 'a number over 0, up to 1' },
        delay: { type: 'integer', minimum: 1, maximum: LONGEST_DELAY, description: `an integer from 1 to ${LONGEST_DELAY} (milliseconds)` }
      },
      default: {},
      description: 'an object'
    },
    maxPending: {
      type: 'integer',
      minimum: 1,
      maximum: MOST_CONNECTIONS,
      default: 1_024,
      description: `an integer from 1 to ${MOST_CONNECTIONS}`
    },
    onOverload: { enum: ['wait', 'shed'], default: 'wait', description: "'wait' or 'shed'" },
    pendingTimeout: {
      type: 'integer',
      minimum: 0,
      maximum: LONGEST_DELAY,
      default: 10_000,
      description: `an integer from 0 to ${LONGEST_DELAY} (milliseconds, 0 for no limit)`
    },
    maxConnectionsPerWorker: { type: 'integer', minimum: 1, maximum: MOST_CONNECTIONS, description: `an integer from 1 to ${MOST_CONNECTIONS}` },
    ticketLifetime: {
      type: 'integer',
      minimum: 0,
      maximum: LONGEST_DELAY,
      default: 43_200_000,
      description: `an integer from 0 to ${LONGEST_DELAY} (milliseconds, 0 for ever)`
    },
    control: { type: ['boolean', 'string'], pattern: '.', default: true, description: 'true, false or a path' },
    admin: {
      type: ['integer', 'string', 'object'],
      minimum: 0,
      maximum: 65_535,
      pattern: ADDRESS,
      additionalProperties: false,
      required: ['port'],
      properties: {
        port: { type: 'integer', minimum: 0, maximum: 65_535, description: 'an integer from 0 to 65535' },
        host: { type: 'string', pattern: '.', description: 'an address or the name of a host' },
        token: { type: 'string', pattern: TOKEN, writeOnly: true, description: `at least ${SHORTEST_TOKEN} letters, digits or any of ._~+/-` },
        hosts: { type: 'array', items: { type: 'string', pattern: '.', description: 'the name of a host' }, description: 'an array of host names' }
      },
      description: "a port, a text like '127.0.0.1:9000', or an object with a port"
    }
  }
} as const

/** The value with secrets replaced by '***', for people to read. */
export function veiled (value: unknown, { writeOnly = false, properties }: Part): unknown {
  if (writeOnly && value !== undefined) return '***'
  if (properties === undefined || typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, veiled(part, properties[name] ?? {})]))
}
