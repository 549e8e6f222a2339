import type { SharedPortOptions } from './options.js'

/**
 * The content of the command's config file: `export default { ... } satisfies CommandConfig`, or a function, async or
 * not, that returns it. It has the options of the plugin and the settings of the command. Paths are relative to the
 * folder of the config file.
 */
export interface CommandConfig extends Omit<SharedPortOptions, 'readyCheck' | 'signals' | 'upgradeSignal' | 'workers'> {
  /**
   * The number of worker processes: an integer from 1 to 1024, or `'auto'`: one for each CPU.
   * @default 'auto', or 1 with `watch`
   */
  workers?: number | 'auto'

  /** The path of the app. An app on the command line takes precedence. */
  app?: string

  /**
   * The port to listen on, 0 to 65535. With 0 the system chooses a free port.
   * @default 3000
   */
  port?: number

  /**
   * The address to listen on.
   * @default 'localhost', or '0.0.0.0' in Docker and Kubernetes
   */
  address?: string

  /** The path of a Unix socket to listen on, instead of a port. */
  socket?: string

  /** An inherited file descriptor of a listening socket, instead of a port. */
  fd?: number

  /**
   * Where to listen, instead of `port`, `address`, `socket` or `fd`: a place, or several. A place is a text like
   * `'127.0.0.1:3000'`, `'[::1]:3000'`, `'localhost:3000'`, `'3000'`, `'unix:/run/app.sock'`, `'fd:3'`, or `'fd:NAME'`
   * with a name of LISTEN_FDNAMES. All places together are one listener.
   */
  listen?: string | string[]

  /**
   * How many connections the kernel keeps until they are accepted, for each place: 1 to 65535. The system's
   * `net.core.somaxconn` limits it.
   * @default 511, or for inherited descriptors as many as the system allows
   */
  backlog?: number

  /** A prefix for all routes of the app. */
  prefix?: string

  /**
   * Whether to create Fastify with the options that the app exports as `options`.
   * @default false
   */
  options?: boolean

  /** Modules to load before the app, in each worker. */
  import?: string[]

  /**
   * Development mode: restart the workers when a file changes.
   * @default false
   */
  watch?: boolean

  /** Files that do not cause a restart: paths, or patterns as in .gitignore. Used with `watch`. */
  watchIgnore?: string[]

  /**
   * A name for this server, 1 to 64 printable characters. It appears in the log (`name`) and in the process list:
   * `NAME: primary`, `NAME: worker 3`. Without it, the process list shows the command lines.
   */
  name?: string

  /** A file that holds the process id of the primary while it runs. */
  pidfile?: string

  /** Opens the inspector of one worker: `true` for 127.0.0.1:9229, a port, or a text like `'0.0.0.0:9229'`. */
  inspect?: boolean | number | string

  /** The same as `inspect`, but the worker waits for a debugger before it loads the app. */
  inspectBrk?: boolean | number | string

  /**
   * The worker to inspect, by the number of its slot, from 0.
   * @default 0
   */
  inspectWorker?: number

  /**
   * The log level.
   * @default 'info'
   */
  logLevel?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

  /**
   * Whether log lines are readable text instead of JSON.
   * @default true if stdout is a terminal
   */
  prettyLogs?: boolean

  /**
   * How long a plugin may take to load, in milliseconds. 0: no limit.
   * @default 10000
   */
  pluginTimeout?: number

  /**
   * The largest request body, in bytes, at least 1.
   * @default 1048576
   */
  bodyLimit?: number
}
