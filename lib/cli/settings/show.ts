import { inspect } from 'node:util'
import { oneLine } from '../../platform/plain-text.js'
import { veiled } from '../../options/schema.js'
import type { Found, InForce, Source } from './in-force.js'
import { idlePlaces } from './listen-options.js'
import { settings } from './settings.js'
import { table } from '../table.js'

type Row = { readonly name: string } & Found

/** Prints the resulting settings and their sources, as a table or as JSON. */
export function show (inForce: InForce, json: boolean): string {
  const idle = idlePlaces(inForce)
  const rows = settings.filter(({ notInFile }) => notInFile !== true).map(({ name, takes }) => {
    const { value, source } = inForce.found(name)
    return { name, value: idle.includes(name) ? undefined : veiled(value, takes), source }
  })
  return json ? asJson(rows) : asTable(rows)
}

function asJson (rows: Row[]): string {
  const entries = rows.map(({ name, value, source: { kind: source, ...by } }) => [name, { value: typeof value === 'function' ? inspect(value) : value ?? null, source, ...by }])
  return `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`
}

function asTable (rows: Row[]): string {
  const columns = ['SETTING', 'VALUE', 'FROM'].map(title => ({ title, align: 'left' } as const))
  return `${table(columns, rows.map(({ name, value, source }) => [name, text(value), inWords(source)]))}\n`
}

function inWords (source: Source): string {
  return 'name' in source ? oneLine(source.name) : source.kind
}

function text (value: unknown): string {
  if (value === undefined) return '-'
  return oneLine(typeof value === 'string' ? value : inspect(value, { breakLength: Infinity }))
}
