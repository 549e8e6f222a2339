import { resolve } from 'node:path'
import type { Status } from '../../../types/index.js'
import { socketOf, trustedFolders } from '../../control/place.js'
import { sweep } from '../../control/stale.js'
import { ControlClient } from './control-client.js'
import { ControlError, UsageError } from '../exit.js'
import { oneLine } from '../../platform/plain-text.js'
import { spell } from '../settings/spell.js'

/** Selects primaries: all given properties must match. */
export interface Which { name?: string, pid?: number, port?: number, control?: string }

export interface Primary { client: ControlClient, status: Status }

/**
 * The matching primaries of this user, sorted by pid.
 * @throws ControlError if none answers, though some are there
 */
export async function findPrimaries ({ name, pid, port, control }: Which): Promise<Primary[]> {
  const paths = control === undefined ? await findSockets(pid) : [resolve(control)]
  const found = await Promise.all(paths.map(async path => await ask(new ControlClient(path), control !== undefined)))
  const answering = found.filter(primary => typeof primary === 'object')
  if (answering.length === 0 && found.includes('silent')) throw new ControlError('no primary answered: it may be blocked, stopped by a signal, or held by a debugger')
  return answering
    .filter(({ status }) => (name === undefined || status.name === name) && (pid === undefined || status.pid === pid) && (port === undefined || listensAt(status, port)))
    .sort((a, b) => a.status.pid - b.status.pid)
}

/** The paths of control sockets. Their names contain the primary's pid. */
async function findSockets (pid: number | undefined): Promise<string[]> {
  const folders = trustedFolders()
  const paths = (await Promise.all(folders.map(sweep))).flat()
  return pid === undefined ? paths : paths.filter(path => folders.some(folder => path === socketOf(folder, pid)))
}

/**
 * @throws ControlError if no primary matches
 * @throws UsageError if several match
 */
export async function findPrimary (which: Which): Promise<Primary> {
  const found = await findPrimaries(which)
  // During an upgrade there are two: the new one is not the server yet, or the old one finishes its connections.
  const starting = found.flatMap(({ status: { state, successor } }) => state === 'stopping' ? [] : successor ?? [])
  const lasting = found.filter(({ status }) => status.state !== 'stopping' && !starting.includes(status.pid))
  const [primary, ...others] = lasting.length > 0 ? lasting : found
  if (primary === undefined) throw nobody(which)
  if (others.length > 0) {
    const all = [primary, ...others].map(({ status }) => `${status.pid}${status.name === null ? '' : ` (${oneLine(status.name)})`} at ${placesOf(status)}`)
    const given = flagsOf(which)
    throw new UsageError(`${all.length} primaries ${given === '' ? 'are running' : `match ${given}`}: ${all.join('; ')}. Choose one with ${which.name === undefined ? '--name, ' : ''}--pid, --port or --control`)
  }
  return primary
}

export function nobody (which: Which): ControlError {
  const given = flagsOf(which)
  return new ControlError(given === '' ? 'no primary of this user is running (if its control socket is at another path, use --control PATH)' : `no running primary of this user matches ${given}`)
}

function flagsOf ({ name, pid, port, control }: Which): string {
  return Object.entries({ name, pid, port, control }).filter(([, value]) => value !== undefined).map(([flag, value]) => `--${flag} ${value}`).join(' ')
}

/** The addresses that the primary listens on, as a text. */
export function placesOf ({ listeners }: Status): string {
  return oneLine(listeners.flatMap(({ addresses }) => addresses.map(spell)).join(', ')) || 'no port'
}

/**
 * Asks for the status. A primary that is just exiting is skipped. One that does not answer gets a warning
 * line, or an error if its socket was named explicitly.
 */
async function ask (client: ControlClient, named: boolean): Promise<Primary | 'exiting' | 'silent'> {
  try {
    return { client, status: await client.status() }
  } catch (err) {
    const failure = `cannot reach a primary at ${client.path}: ${(err as Error).message}`
    if (named) throw new ControlError(failure)
    if (!(err instanceof ControlError)) return 'exiting'
    process.stderr.write(`warning: ${oneLine(failure)}\n`)
    return 'silent'
  }
}

function listensAt ({ listeners }: Status, port: number): boolean {
  return listeners.some(({ addresses }) => addresses.some(address => typeof address !== 'string' && address.port === port))
}
