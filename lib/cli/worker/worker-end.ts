import { reportFailure } from '../../failure.js'
import { FAILED } from '../exit.js'

/**
 * Reports a fatal error to the primary and exits. The primary logs it, because a worker that fails early may
 * have no working logger.
 */
export function endBy (err: unknown): void {
  reportFailure(err, () => { process.exit(FAILED) })
}
