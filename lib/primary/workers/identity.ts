import { execFileSync } from 'node:child_process'
import { UserError } from '../../errors.js'
import { MOST_ID } from '../../options/schema.js'

/** Milliseconds to wait for the system's databases. */
const PATIENCE = 10_000

/** The ids that a process runs with. Undefined ones are not changed. */
export interface Identity { uid?: number, gid?: number }

/**
 * The ids of the user and the group for the workers. Without a group, it is the user's primary group.
 * @throws SHARED_PORT_ERR_USER if the user or group does not exist, or changing it is not permitted
 */
export function findIdentity ({ user, group }: { user?: string | number | undefined, group?: string | number | undefined }): Identity {
  if (user === undefined && group === undefined) return {}
  const self = { uid: process.geteuid?.(), gid: process.getegid?.() }
  if (self.uid === undefined) throw new UserError(`${process.platform} does not support it`)
  const identity = {
    ...(user !== undefined && { uid: findUser(user) }),
    ...(group !== undefined ? { gid: findGroup(group) } : { gid: findGroupOf(user as string | number) })
  }
  if (self.uid === 0) return identity // even if the user is root: supplementary groups are dropped
  const isSelf = (identity.uid ?? self.uid) === self.uid && identity.gid === self.gid
  if (isSelf) return {}
  throw new UserError(`only root can switch to ${describe(user, group)}, and this process runs as user id ${self.uid}`)
}

function describe (user: string | number | undefined, group: string | number | undefined): string {
  return [...(user === undefined ? [] : [`user '${user}'`]), ...(group === undefined ? [] : [`group '${group}'`])].join(' and ')
}

function findUser (user: string | number): number {
  return readId(user) ?? ask('id', ['-u', String(user)], /^(\d+)\s*$/, `there is no user '${user}'`)
}

function findGroupOf (user: string | number): number {
  const unknown = readId(user) === undefined ? `there is no user '${user}'` : `user id ${user} is not in the user database, so its group is not known: set the group too`
  return ask('id', ['-g', String(user)], /^(\d+)\s*$/, unknown)
}

// getent(1) reads the system's databases, including LDAP. macOS does not have it.
function findGroup (group: string | number): number {
  const unknown = `there is no group '${group}'`
  return readId(group) ?? (process.platform === 'darwin'
    ? ask('dscl', ['.', '-read', `/Groups/${group}`, 'PrimaryGroupID'], /^PrimaryGroupID: (\d+)\s*$/, unknown)
    : ask('getent', ['group', String(group)], /^[^:]*:[^:]*:(\d+):/, unknown))
}

function readId (given: string | number): number | undefined {
  if (!/^\d+$/.test(String(given))) return undefined
  if (Number(given) > MOST_ID) throw new UserError(`an id is at most ${MOST_ID}, got ${given}`)
  return Number(given)
}

/** The id that the program prints. */
function ask (program: string, args: string[], pattern: RegExp, unknown: string): number {
  let printed: string
  try {
    printed = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: PATIENCE })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new UserError(`looking up names needs the program ${program}, which is not installed: give both user and group as numeric ids`, { cause })
    throw new UserError(code === 'ETIMEDOUT' ? `${program} did not answer within ${PATIENCE} ms` : unknown, { cause })
  }
  const [, id] = pattern.exec(printed) ?? []
  if (id === undefined) throw new UserError(unknown)
  return Number(id)
}
