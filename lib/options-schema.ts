/** The options of the plugin: their schema and their bounds. `npm run build:validator` makes options-validator.ts of it. */

/** More workers than any machine has CPUs for, and few enough that a slip of the hand stays harmless. */
export const MOST_WORKERS = 1024

/** The longest delay that a Node timer takes, in milliseconds. */
export const LONGEST_DELAY = 2 ** 31 - 1

/** Milliseconds beyond grace after which a process that should have ended is made to. */
export const END_DELAY = 1_000

/** So that a timer takes the two together. */
export const LONGEST_GRACE = LONGEST_DELAY - END_DELAY

// `description` completes the sentence "option 'x' must be ...".
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
    lane: { enum: ['auto', 'native', 'ipc'], default: 'auto', description: "'auto', 'native' or 'ipc'" },
    takeBackAfter: {
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
    policy: { enum: ['round-robin'], default: 'round-robin', description: "'round-robin'" }
  }
} as const
