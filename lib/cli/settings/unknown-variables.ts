import { unknownVariables, variableOf } from './environment.js'
import { nameOf } from './flags.js'
import { settings } from './settings.js'
import { nearest } from '../../options/suggest.js'

/** Variables of others that begin like ours: @fastify/autoload's, which the command itself sets for TypeScript. */
const OF_OTHERS = ['FASTIFY_AUTOLOAD_TYPESCRIPT']

export interface UnknownVariable { name: string, meant?: string }

/** What may be a slip: a variable that would set an option, and sets none. */
export function findUnknownVariables (): UnknownVariable[] {
  const known = settings.flatMap(({ flags }) => flags === undefined ? [] : [variableOf(nameOf(flags).slice('--'.length))])
  return unknownVariables([...known, ...OF_OTHERS]).map(name => {
    const meant = nearest(name.replace(/^FASTIFY_/, ''), known.map(name => name.replace(/^FASTIFY_/, '')))
    return { name, ...(meant !== undefined && { meant: `FASTIFY_${meant}` }) }
  })
}

/** In words. */
export function tellUnknown ({ name, meant }: UnknownVariable): string {
  return `${name} in the environment sets no option${meant === undefined ? '' : `: did you mean ${meant}?`}`
}
