import { _, Ajv } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { schema } from '../lib/options-schema.js'

/**
 * The source of lib/options-validator.ts: what Ajv compiles of the options' schema, so that no
 * process compiles it at its start (4 MiB of its memory that serve nothing afterwards).
 * Fastify does the same for its own options.
 */
export function validatorSource (): string {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, verbose: true, allowUnionTypes: true, code: { esm: true, lines: true, source: true } })
  ajv.addKeyword({ keyword: 'isFunction', code (context) { context.fail(_`typeof ${context.data} !== "function"`) } })
  return `// @ts-nocheck generated of options-schema.ts by npm run build:validator
/* c8 ignore start */
${standalone.default(ajv, ajv.compile({ $id: 'validate', ...schema }))}`
}
