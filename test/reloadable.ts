import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type App, start, type StartOptions } from './helper.js'

/** An app whose workers run the code that the test writes. */
export function startReloadable (t: Test, options: object, more: StartOptions = {}): { app: App, become: (doing: string) => void } {
  const folder = mkdtempSync(join(tmpdir(), 'sf-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const become = (doing: string): void => { writeFileSync(join(folder, 'do'), doing) }
  become('first')
  return { app: start(t, 'reload.mjs', { options, ...more, env: { ...more.env, DO: join(folder, 'do') } }), become }
}
