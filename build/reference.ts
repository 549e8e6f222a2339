// Writes the generated parts of docs/CLI.md and docs/OPTIONS.md, between their markers: `npm run reference`.
//
// Flags are described in lib/cli/settings/settings.ts, commands in lib/cli/program.ts, options in the docstrings of
// types/options.d.ts, and the values that an option accepts in lib/options/schema.ts. test/reference.test.ts fails
// when a page is out of date.
import { readFileSync, writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { Command, Option } from 'commander'
import ts from 'typescript'
import { createProgram } from '../lib/cli/program.js'
import { variableOf } from '../lib/cli/settings/environment.js'
import { nameOf } from '../lib/cli/settings/flags.js'
import { type Setting, settings } from '../lib/cli/settings/settings.js'
import { type Part, schema } from '../lib/options/schema.js'

const root = new URL('../', import.meta.url)

/** The pages that have generated parts, and for each part the function that makes it. */
const pages: Record<string, Record<string, () => string>> = {
  'docs/CLI.md': { commands, flags },
  'docs/OPTIONS.md': { overview, options }
}

export const generatedPages = Object.keys(pages)

/** The text of a page with its generated parts as they have to be. */
export function generate (page: string): string {
  return Object.entries(pages[page] ?? {}).reduce((text, [name, make]) => {
    const part = new RegExp(`(<!-- ${name}:[^]*?-->\n)[^]*?(<!-- end of ${name} -->)`)
    if (!part.test(text)) throw new Error(`${page} has no markers for '${name}'`)
    return text.replace(part, (_, begin: string, end: string) => `${begin}\n${make()}\n\n${end}`)
  }, readFileSync(new URL(page, root), 'utf8'))
}

/** A table of the commands, and one of the flags that those for a running primary have. */
function commands (): string {
  const all = createProgram([], () => {}).commands
  const own = new Map<string, { option: Option, commands: string[] }>()
  for (const command of all) {
    for (const option of command.options) {
      if (isSetting(option) && !isControl(command)) continue
      const key = `${option.flags} ${option.description}`
      own.set(key, { option, commands: [...own.get(key)?.commands ?? [], command.name()] })
    }
  }
  return [
    table(['command', 'description'], all.map(command => [code(`shared-fastify ${synopsis(command)}`), command.description()])),
    table(['flag', 'commands', 'description'], [...own.values()].map(({ option, commands }) => [code(option.flags), commands.map(code).join(', '), option.description]))
  ].join('\n\n')
}

function synopsis (command: Command): string {
  if (command.name() === 'start') return '[start] <app>'
  return [command.name(), ...command.registeredArguments.map(argument => argument.required ? `<${argument.name()}>` : `[${argument.name()}]`)].join(' ')
}

/** Whether it is a flag that sets something: the table of flags has it. */
function isSetting ({ long }: Option): boolean {
  return settings.some(({ flags, off }) => flags !== undefined && (nameOf(flags) === long || (off !== undefined && nameOf(flags).replace('--', '--no-') === long)))
}

/** Whether it is for a primary that runs: its --port and --control select one. */
function isControl (command: Command): boolean {
  return command.options.some(({ long }) => long === '--pid')
}

function flags (): string {
  const rows = settings.flatMap(({ flags, off, description = '', takes, variable, notInFile, name }) => {
    if (flags === undefined) return []
    const long = nameOf(flags).slice(2)
    const [text, fallback] = splitDefault(description)
    const variables = takes.type === 'boolean' ? [] : [variableOf(long), ...(variable === undefined ? [] : [variable])]
    const without = off === undefined ? [] : [`\`--no-${long}\`: ${off}`]
    return [[code(flags), [text, ...choices(takes), ...without].join('; '), fallback ?? defaultOf(takes), variables.map(code).join(', '), notInFile === true ? '' : code(name)]]
  })
  return table(['flag', 'description', 'default', 'environment', 'config file'], rows)
}

/** A default that a description names in words has its own column here. */
function splitDefault (description: string): [text: string, fallback?: string] {
  const [, text, fallback] = /^(.*?) \(default: (.*)\)$/.exec(description) ?? []
  return text === undefined ? [description] : [text, fallback === 'none' || fallback === 'never' ? '' : fallback]
}

function choices ({ enum: names, anyOf = [] }: Part): string[] {
  const found = names ?? anyOf.find(part => part.enum !== undefined)?.enum
  return found === undefined ? [] : [found.map(code).join(', ')]
}

function overview (): string {
  return table(['option', 'default', 'description'], documented().map(({ path, text, fallback }) => [`[${code(path)}](#${path.toLowerCase().replace('.', '')})`, fallback, firstSentence(text)]))
}

function options (): string {
  return documented().map(({ path, group, text, fallback, part, type, setting }) => {
    const facts = [
      ['accepts', part.isFunction === true ? `a function: \`${type}\`` : part.description],
      ['default', fallback],
      ['flag', setting?.flags === undefined ? undefined : code(setting.flags)]
    ].filter(([, value]) => value !== undefined && value !== '')
    return [
      ...(group === undefined ? [] : [`## ${group}`]),
      `${path.includes('.') ? '####' : '###'} ${code(path)}`,
      text,
      facts.map(([name, value]) => `- ${name}: ${value}`).join('\n')
    ].join('\n\n')
  }).join('\n\n')
}

interface Documented {
  /** `recycle.rss` for what is nested. */
  path: string
  /** The title of the group that begins with it. */
  group: string | undefined
  text: string
  fallback: string
  part: Part
  type: string
  setting: Setting | undefined
}

/** Every option, each followed by those nested in it. */
function documented (name = 'SharedPortOptions', part: Part = schema, prefix = ''): Documented[] {
  return membersOf(name).flatMap(({ name, group, text, tag, type }) => {
    const path = `${prefix}${name}`
    const own = part.properties?.[name]
    if (own === undefined) throw new Error(`types/options.d.ts has '${path}', which the schema has not`)
    if (text === '') throw new Error(`'${path}' has no docstring`)
    const nested = type.split(' | ').find(other => own.properties !== undefined && interfaces.has(other))
    return [
      { path, group, text, fallback: fallbackOf(path, tag, own), part: own, type, setting: settings.find(({ name }) => name === path) },
      ...(nested === undefined ? [] : documented(nested, own, `${path}.`))
    ]
  })
}

/** The default in the schema is the one in force: the docstring has to say the same. */
function fallbackOf (path: string, tag: string | undefined, { default: value, type }: Part): string {
  if (value === undefined || type === 'object') return tag === undefined ? '' : /^('|\d|\[)/.test(tag) ? code(tag) : tag
  const expected = typeof value === 'string' ? `'${value}'` : String(value)
  if (tag !== expected) throw new Error(`'${path}' has the default ${expected}, and its docstring says ${tag}`)
  return code(expected)
}

interface Member { name: string, group: string | undefined, text: string, tag: string | undefined, type: string }

const source = ts.createSourceFile('options.d.ts', readFileSync(new URL('types/options.d.ts', root), 'utf8'), ts.ScriptTarget.ESNext, true)

const interfaces = new Map(source.statements.filter(ts.isInterfaceDeclaration).map(statement => [statement.name.text, statement]))

function membersOf (name: string): Member[] {
  return (interfaces.get(name)?.members ?? []).flatMap(member => {
    if (!ts.isPropertySignature(member)) return []
    const [doc] = ts.getJSDocCommentsAndTags(member)
    const tag = ts.getJSDocTags(member).find(({ tagName }) => tagName.text === 'default')
    const comments = ts.getLeadingCommentRanges(source.text, member.getFullStart()) ?? []
    const title = comments.find(({ kind }) => kind === ts.SyntaxKind.SingleLineCommentTrivia)
    return [{
      name: member.name.getText(),
      group: title === undefined ? undefined : source.text.slice(title.pos + 2, title.end).trim(),
      text: plain(ts.getTextOfJSDocComment(doc?.comment as string | undefined) ?? ''),
      tag: tag === undefined ? undefined : ts.getTextOfJSDocComment(tag.comment),
      type: member.type?.getText() ?? ''
    }]
  })
}

/** A docstring with one line for each paragraph. */
function plain (text: string): string {
  return text.split(/\n\s*\n/).map(paragraph => paragraph.replace(/\s*\n\s*/g, ' ').trim()).join('\n\n')
}

function firstSentence (text: string): string {
  return /^[^]*?\.(?=\s|$)/.exec(text)?.[0] ?? text
}

function defaultOf ({ default: value }: Part): string {
  return value === undefined || value === false || typeof value === 'object' ? '' : code(String(value))
}

function code (text: string): string {
  return `\`${text}\``
}

function table (titles: string[], rows: string[][]): string {
  return [titles, titles.map(() => '---'), ...rows].map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')
}

if (import.meta.url === pathToFileURL(process.argv[1] as string).href) {
  for (const page of generatedPages) writeFileSync(new URL(page, root), generate(page))
}
