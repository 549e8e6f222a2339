import type { SharedPortOptions } from './options.js'

/**
 * What a config file of the command takes: `export default { ... } satisfies CommandConfig`, or an (async)
 * function that returns it. The plugin's options, and the command's own. Paths are from the file's folder.
 */
export interface CommandConfig extends Omit<SharedPortOptions, 'readyCheck' | 'signals' | 'workers'> {
  /** How many workers: an integer from 1 to 1024, or `'auto'`. */
  workers?: number | 'auto'

  /** The app's file, where the command line names none. */
  app?: string

  /**
   * 0 to 65,535; 0: any that is free.
   * @default 3000
   */
  port?: number

  /** @default 'localhost', and '0.0.0.0' in Docker and Kubernetes */
  address?: string

  /** The path of a Unix socket, instead of a port. */
  socket?: string

  /** An inherited descriptor of a listening socket, instead of a port. */
  fd?: number

  /** Prefix of the app's routes. */
  prefix?: string

  /**
   * Whether Fastify is made with what the app exports as `options`.
   * @default false
   */
  options?: boolean

  /** Modules that are loaded before the app. */
  import?: string[]
  /** Development: a changed file restarts the workers. @default false */
  watch?: boolean
  /** Files that change nothing: paths, or patterns as in .gitignore; with `watch`. */
  watchIgnore?: string[]

  /**
   * 1 to 64 printable characters, for log lines (`name`) and the process list: `NAME: primary`,
   * `NAME: worker 3`. Left out: Node's own titles.
   */
  name?: string

  /** File that has the primary's process id while it runs. */
  pidfile?: string

  /** Where the inspector of one worker is opened: `true` for 127.0.0.1:9229, a port, or a text like `'0.0.0.0:9229'`. */
  inspect?: boolean | number | string

  /** The same, and the worker waits for a debugger before it loads the app. */
  inspectBrk?: boolean | number | string

  /**
   * Which worker is inspected: the number of its slot.
   * @default 0
   */
  inspectWorker?: number

  /** @default 'info' */
  logLevel?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

  /** Readable logs, or JSON. Left out: readable on a terminal. */
  prettyLogs?: boolean

  /**
   * Milliseconds that a plugin may take to load; 0: no limit.
   * @default 10000
   */
  pluginTimeout?: number

  /** Bytes of the largest request body, at least 1. Left out: Fastify's default. */
  bodyLimit?: number
}
