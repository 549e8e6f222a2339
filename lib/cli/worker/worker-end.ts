import { reportFailure } from '../../failure.js'
import { FAILED } from '../exit.js'

/**
 * Tells the primary what this process cannot serve for, and ends it. The primary logs it: here is no logger that would be
 * sure to work.
 */
export function endBy (err: unknown): void {
  reportFailure(err, () => { process.exit(FAILED) })
}
