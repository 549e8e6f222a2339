import { unknownVariables, variableOf } from './environment.js'
import { nameOf } from './flags.js'
import { settings } from './settings.js'
import { nearest } from '../../options/suggest.js'

/** Variables of other packages with our prefix: @fastify/autoload's, which the command itself sets for TypeScript. */
const OF_OTHERS = ['FASTIFY_AUTOLOAD_TYPESCRIPT']

export interface UnknownVariable { name: string, meant?: string }

/** Variables that look like ours but set no option, probably typing mistakes. */
export function findUnknownVariables (): UnknownVariable[] {
  const known = settings.flatMap(({ flags }) => flags === undefined ? [] : [variableOf(nameOf(flags).slice('--'.length))])
  return unknownVariables([...known, ...OF_OTHERS]).map(name => {
    const meant = nearest(name.replace(/^FASTIFY_/, ''), known.map(name => name.replace(/^FASTIFY_/, '')))
    return { name, ...(meant !== undefined && { meant: `FASTIFY_${meant}` }) }
  })
}

/** The warning for an unknown variable. */
export function tellUnknown ({ name, meant }: UnknownVariable): string {
  return `unknown environment variable ${name}: it sets no option${meant === undefined ? '' : `; did you mean ${meant}?`}`
}
