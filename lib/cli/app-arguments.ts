import { parseArgs } from 'node:util'

/** The two parts of the command line: up to `--` it is ours, after it the app's. */
export function splitArguments (args: string[]): { own: string[], app: string[] } {
  const end = args.indexOf('--')
  return end === -1 ? { own: args, app: [] } : { own: args.slice(0, end), app: args.slice(end + 1) }
}

/**
 * The options that the app's arguments spell, as fastify-cli 8 reads them: `--log-sql` is true,
 * `--max-age 5` and `--max-age=5` are the text '5', one given several values is an array of them, and the names are
 * in camelCase.
 */
export function readPluginOptions (args: string[]): Record<string, unknown> {
  const { tokens } = parseArgs({ args: joinValues(args), strict: false, tokens: true })
  const options: Record<string, unknown> = {}
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    const name = camelCase(token.name)
    options[name] = combine(options[name], token.value ?? true)
  }
  return options
}

/** An option that is given again. */
function combine (former: unknown, value: string | true): unknown {
  if (former === undefined || former === true) return value
  if (value === true) return Array.isArray(former) ? former : true
  return [former, value].flat()
}

/** Which options there are, only the app knows: a word after one is its value. */
function joinValues (args: string[]): string[] {
  const joined: string[] = []
  for (const arg of args) {
    const last = joined.at(-1)
    if (last !== undefined && /^--[^=]+$/.test(last) && !arg.startsWith('-')) joined.push(`${joined.pop()}=${arg}`)
    else joined.push(arg)
  }
  return joined
}

function camelCase (name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
