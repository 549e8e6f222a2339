import { parseArgs } from 'node:util'
import { ADDRESS } from '../../options/schema.js'

/** The two parts of the command line: up to `--` it is ours, after it the app's. */
export function splitArguments (args: string[]): { own: string[], app: string[] } {
  const end = args.indexOf('--')
  const [own, app] = end === -1 ? [args, []] : [args.slice(0, end), args.slice(end + 1)]
  return { own: own.map((arg, place) => takesNothing(arg, own[place + 1]) ? `${arg}=true` : arg), app }
}

/** In `--inspect app.js` the app is no address. */
function takesNothing (arg: string, next: string | undefined): boolean {
  return (arg === '--inspect' || arg === '--inspect-brk') && next !== undefined && !new RegExp(ADDRESS).test(next)
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
