import { lstatSync, mkdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ControlFolderError } from '../errors.js'

// Control sockets are in a folder for each user, with a file for each primary, named by its pid.

/** The folders that may hold the sockets of this user's primaries. New sockets are made in the first one. */
export function controlFolders (): string[] {
  const uid = userId()
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${uid}` // services do not have this variable
  return [...(isOwn(runtime, uid) ? [join(runtime, 'shared-fastify')] : []), join(tmpdir(), `shared-fastify-${uid}`)]
}

export function socketOf (folder: string, pid: number): string {
  return join(folder, `${pid}.sock`)
}

/** Those of the folders that exist and that no other user can write to. */
export function trustedFolders (): string[] {
  return controlFolders().filter(isPrivate)
}

/**
 * Makes the folder, accessible by this user only. In /tmp, another user could have made it first.
 * @throws SHARED_PORT_ERR_CONTROL_FOLDER if the folder belongs to another user, or others have access
 * @throws Node's own error if the folder cannot be made
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

/** Not with userInfo(), which needs an entry in /etc/passwd: the user of a container may have none. */
function userId (): number {
  return process.geteuid?.() ?? -1
}
