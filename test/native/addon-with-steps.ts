import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * The folder of an addon that can be ended, or made to fail, at each step (FD_LANE_STEPS): built now,
 * unless the environment has one already, as for the sanitizers.
 */
export function addonWithSteps (): string {
  const given = process.env['FD_LANE_PREBUILD']
  if (given !== undefined) return given
  execFileSync(process.execPath, [fileURLToPath(new URL('../../native/build.js', import.meta.url)), 'test'])
  return fileURLToPath(new URL('../../native/test', import.meta.url))
}
