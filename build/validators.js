// Compiles the schemas of the options and of the config file into dist/validators/, after tsc has
// made dist/. If they were compiled at each start, Ajv would keep 4 MiB of memory for the rest of the
// process's life. Fastify does the same for its own options.
import { mkdirSync, writeFileSync } from 'node:fs'
import { _, Ajv } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { fileSchema } from '../dist/cli/settings/settings.js'
import { schema } from '../dist/options/schema.js'

const folder = new URL('../dist/validators/', import.meta.url)

mkdirSync(folder, { recursive: true })
write('options', schema, { useDefaults: true })
write('config-file', fileSchema, { useDefaults: false })

function write (name, schema, { useDefaults }) {
  const ajv = new Ajv({ allErrors: true, useDefaults, verbose: true, allowUnionTypes: true, code: { esm: true, lines: true, source: true } })
  ajv.addKeyword({ keyword: 'isFunction', code (context) { context.fail(_`typeof ${context.data} !== "function"`) } })
  writeFileSync(new URL(`${name}.js`, folder), `/* c8 ignore start */\n${standalone.default(ajv, ajv.compile({ $id: 'validate', ...schema }))}`)
}
