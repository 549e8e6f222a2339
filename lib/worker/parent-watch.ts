import { type Addon, loadAddon, type ParentWatch as Watch } from '../lane/addon.js'
import { END_DELAY } from '../platform/timing.js'

/**
 * Milliseconds after grace. By END_DELAY, a worker whose event loop is not blocked has exited by itself;
 * this is half of that more.
 */
const PATIENCE = END_DELAY * 1.5

/**
 * A process may load this package twice (a global command and a local dependency, two versions). All copies
 * share one watch.
 */
const SHARED = Symbol.for('shared-fastify.parent-watch')

/** The watch of this worker's process for its primary. */
export function watchParent (primary: number): ParentWatch {
  const shared = globalThis as { [SHARED]?: ParentWatch }
  shared[SHARED] ??= new ParentWatch(primary)
  return shared[SHARED]
}

/**
 * Kills this process when its primary has died and grace is over, even if its event loop is blocked, with a
 * thread of the addon, in both lanes. Without the addon (not on Linux, or `--no-addons`) only the event loop
 * can end it.
 */
class ParentWatch {
  /** The reason why it cannot watch. */
  readonly failure: Error | undefined
  readonly #addon: Addon | undefined
  readonly #watch: Watch | undefined
  #allowed = 0

  /** Until {@link allow} is called, there are no connections to finish. */
  constructor (primary: number) {
    try {
      this.#addon = loadAddon()
      this.#watch = this.#addon.watchParent(primary, PATIENCE)
    } catch (err) {
      this.failure = err as Error
    }
  }

  /** Allows this process at least `grace` milliseconds to finish. */
  allow (grace: number): void {
    this.#allowed = Math.max(this.#allowed, grace)
    if (this.#watch !== undefined) this.#addon?.setPatience(this.#watch, this.#allowed + PATIENCE)
  }
}
