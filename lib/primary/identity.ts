import { execFileSync } from 'node:child_process'
import { UserError } from '../errors.js'

/** As whom a process runs; what is undefined stays as it is. */
export interface Identity { uid?: number, gid?: number }

/**
 * The ids of the user and the group that workers are to run as. Without a group it is the user's own.
 * @throws SHARED_PORT_ERR_USER when there is no such user or group, or it is not permitted
 */
export function findIdentity ({ user, group }: { user?: string | number | undefined, group?: string | number | undefined }): Identity {
  if (user === undefined && group === undefined) return {}
  const self = { uid: process.geteuid?.(), gid: process.getegid?.() }
  if (self.uid === undefined) throw new UserError(`${process.platform} has no such users`)
  const identity = {
    ...(user !== undefined && { uid: findUser(user) }),
    ...(group !== undefined ? { gid: findGroup(group) } : { gid: findGroupOf(user as string | number) })
  }
  const isSelf = (identity.uid ?? self.uid) === self.uid && identity.gid === self.gid
  if (isSelf) return {}
  if (self.uid !== 0) throw new UserError(`only root may start them as ${describe(user, group)}, and this process runs as the user with the id ${self.uid}`)
  return identity
}

function describe (user: string | number | undefined, group: string | number | undefined): string {
  return [...(user === undefined ? [] : [`user '${user}'`]), ...(group === undefined ? [] : [`group '${group}'`])].join(' and ')
}

function findUser (user: string | number): number {
  return readId(user) ?? ask('id', ['-u', String(user)], `there is no user '${user}'`)
}

function findGroupOf (user: string | number): number {
  const unknown = readId(user) === undefined ? `there is no user '${user}'` : `the system does not know the user with the id ${user}, and so no group of its: say which`
  return ask('id', ['-g', String(user)], unknown)
}

// The system's databases, LDAP's and the like included, are read by getent(1), which macOS lacks.
function findGroup (group: string | number): number {
  const unknown = `there is no group '${group}'`
  return readId(group) ?? (process.platform === 'darwin'
    ? ask('dscl', ['.', '-read', `/Groups/${group}`, 'PrimaryGroupID'], unknown)
    : ask('getent', ['group', String(group)], unknown))
}

function readId (given: string | number): number | undefined {
  return /^\d+$/.test(String(given)) ? Number(given) : undefined
}

/** The first number that stands alone in what the program prints: `33`, `www-data:x:33:`, `PrimaryGroupID: 33`. */
function ask (program: string, args: string[], unknown: string): number {
  try {
    const printed = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    const [, id] = /(?:^|[:\s])(\d+)(?=[:\s]|$)/.exec(printed) ?? []
    if (id !== undefined) return Number(id)
  } catch (cause) {
    throw new UserError(unknown, { cause })
  }
  throw new UserError(unknown)
}
