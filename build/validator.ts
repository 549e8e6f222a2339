import { _, Ajv } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { fileSchema } from '../lib/cli/settings.js'
import { schema } from '../lib/options-schema.js'

/** Each of the generated files, and its source. */
export const validators: Record<string, () => string> = {
  'lib/options-validator.ts': () => validatorSource('lib/options-schema.ts', schema, true),
  'lib/cli/config-validator.ts': () => validatorSource('lib/cli/settings.ts', fileSchema, false)
}

/**
 * What Ajv compiles of a schema, so that no process compiles it at its start (4 MiB of its memory
 * that serve nothing afterwards). Fastify does the same for its own options.
 */
function validatorSource (of: string, schema: object, useDefaults: boolean): string {
  const ajv = new Ajv({ allErrors: true, useDefaults, verbose: true, allowUnionTypes: true, code: { esm: true, lines: true, source: true } })
  ajv.addKeyword({ keyword: 'isFunction', code (context) { context.fail(_`typeof ${context.data} !== "function"`) } })
  return `// @ts-nocheck generated of ${of} by npm run build:validator
/* c8 ignore start */
${standalone.default(ajv, ajv.compile({ $id: 'validate', ...schema }))}`
}
