import type { SharedPortOptions } from '../../types/index.js'
import type { GivenListenOptions } from '../listen-target.js'

/** The environment variable by which the command's workers know what to run, in JSON: {@link AppConfig}. */
export const APP_CONFIG = 'SHARED_FASTIFY_APP'

/** What the command line says, as a worker needs it. */
export interface AppConfig {
  /** The app's file. */
  app: string
  listen: GivenListenOptions
  sharedPort: SharedPortOptions
  level: string
  pretty: boolean
  /** Whether the app's export `options` goes to Fastify. */
  useAppOptions: boolean
  /** Milliseconds. */
  pluginTimeout: number
  /** Bytes. */
  bodyLimit?: number
  /** For the app's plugin: what came after `--`, and the prefix. */
  pluginOptions: Record<string, unknown>
}
