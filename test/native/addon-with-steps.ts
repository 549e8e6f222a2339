import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * The folder of an addon that can be stopped, or made to fail, at each step (FD_LANE_STEPS). Built now,
 * unless the environment names one already, as for the sanitizers.
 */
export function addonWithSteps (): string {
  const given = process.env['FD_LANE_PREBUILD']
  if (given !== undefined) return given
  const folder = fileURLToPath(new URL('../../native/test', import.meta.url))
  // One at a time: several test files need it, and node-gyp fails if two of it build in one folder.
  execFileSync('flock', [folder, process.execPath, fileURLToPath(new URL('../../native/build.js', import.meta.url)), 'test'])
  return folder
}
