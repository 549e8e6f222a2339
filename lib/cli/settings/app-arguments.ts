import { parseArgs } from 'node:util'
import { ADDRESS } from '../../options/schema.js'

/** Splits the command line: the arguments before `--` are ours, those after it are the app's. */
export function splitArguments (args: string[]): { own: string[], app: string[] } {
  const end = args.indexOf('--')
  const [own, app] = end === -1 ? [args, []] : [args.slice(0, end), args.slice(end + 1)]
  return { own: own.map((arg, place) => takesNothing(arg, own[place + 1]) ? `${arg}=true` : arg), app }
}

/** In `--inspect app.js` the app is not an address. */
function takesNothing (arg: string, next: string | undefined): boolean {
  return (arg === '--inspect' || arg === '--inspect-brk') && next !== undefined && !new RegExp(ADDRESS).test(next)
}

/**
 * Parses the app's arguments as fastify-cli 8 does: `--log-sql` is true, `--max-age 5` and `--max-age=5` are
 * the text '5', an option with several values is an array, and names are converted to camelCase.
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

/** Combines the values of a repeated option. */
function combine (former: unknown, value: string | true): unknown {
  if (former === undefined || former === true) return value
  if (value === true) return Array.isArray(former) ? former : true
  return [former, value].flat()
}

/** Joins an option and the word after it, as its value: only the app knows which options take one. */
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
