import { type Addon, loadAddon, type ParentWatch as Watch } from '../lane/addon.js'
import { END_DELAY } from '../platform/timing.js'

/** Milliseconds after grace at which an event loop that turns has ended its process itself ({@link END_DELAY}), and a half of that more. */
const PATIENCE = END_DELAY * 1.5

/** An app may load this package twice (a global command and a local dependency, two versions): all copies share one watch. */
const SHARED = Symbol.for('shared-fastify.parent-watch')

/** The watch of this process, which is a worker of this primary. */
export function watchParent (primary: number): ParentWatch {
  const shared = globalThis as { [SHARED]?: ParentWatch }
  shared[SHARED] ??= new ParentWatch(primary)
  return shared[SHARED]
}

/**
 * Ends this process when its primary has ended and grace is over, though its event loop is blocked:
 * by a thread of the addon's, in either lane. Without the addon (another platform than Linux,
 * `--no-addons`) the event loop alone can end it.
 */
class ParentWatch {
  /** What keeps it from watching. */
  readonly failure: Error | undefined
  readonly #addon: Addon | undefined
  readonly #watch: Watch | undefined
  #allowed = 0

  /** Until {@link allow} is called, there is nothing that could be finished. */
  constructor (primary: number) {
    try {
      this.#addon = loadAddon()
      this.#watch = this.#addon.watchParent(primary, PATIENCE)
    } catch (err) {
      this.failure = err as Error
    }
  }

  /** From now on this process has so many milliseconds to finish in, or more where it was allowed more. */
  allow (grace: number): void {
    this.#allowed = Math.max(this.#allowed, grace)
    if (this.#watch !== undefined) this.#addon?.setPatience(this.#watch, this.#allowed + PATIENCE)
  }
}
