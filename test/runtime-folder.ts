import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/**
 * A folder for control sockets that no other test uses. With a short path, since that of a socket has at
 * most 107 bytes: unix(7).
 */
export function runtimeFolder (t: Test): { env: { XDG_RUNTIME_DIR: string, TMPDIR: string }, sockets: string } {
  const folder = mkdtempSync(join(tmpdir(), 'sf-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  return { env: { XDG_RUNTIME_DIR: folder, TMPDIR: folder }, sockets: join(folder, 'shared-fastify') }
}
