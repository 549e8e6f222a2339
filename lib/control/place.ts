import { lstatSync, mkdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ControlFolderError } from '../errors.js'

// Where control sockets are: one folder for each user, in it a socket for each primary, by its pid.

/** The folders in which primaries of this user may have their sockets; the first is where a new one has its. */
export function controlFolders (): string[] {
  const uid = userId()
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${uid}` // a service has no such variable
  return [...(isOwn(runtime, uid) ? [join(runtime, 'shared-fastify')] : []), join(tmpdir(), `shared-fastify-${uid}`)]
}

export function socketOf (folder: string, pid: number): string {
  return join(folder, `${pid}.sock`)
}

/** Those of them that nobody else can have put anything into: of what is there. */
export function trustedFolders (): string[] {
  return controlFolders().filter(isPrivate)
}

/**
 * Makes the folder, for this user alone. In /tmp anybody could have made it first.
 * @throws SHARED_PORT_ERR_CONTROL_FOLDER where it is not ours, or open to others
 * @throws Node's own error where it cannot be made
 */
export function makeFolder (folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!isPrivate(folder)) throw new ControlFolderError(folder)
}

function isPrivate (folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false })
  return found?.isDirectory() === true && found.uid === userId() && (found.mode & 0o077) === 0
}

function isOwn (folder: string, uid: number): boolean {
  const found = statSync(folder, { throwIfNoEntry: false })
  return found?.isDirectory() === true && found.uid === uid
}

/** Not by userInfo(), which needs a line in /etc/passwd: whom a container runs as may have none. */
function userId (): number {
  return process.geteuid?.() ?? -1
}
