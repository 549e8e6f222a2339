import { isatty } from 'node:tty'
import type { Logger } from 'pino'
import { StdoutError, WorkerFailedError } from '../errors.js'
import { plain } from '../platform/plain-text.js'
import { type ListenTarget, readListenTarget } from '../fastify/listen-target.js'
import type { Options } from '../options/options.js'
import { openOutput } from '../primary/process/output.js'
import type { Listening } from '../primary.js'
import { ServiceManager } from '../primary/process/service-manager.js'
import { PrimaryProcess } from '../primary-process.js'
import type { Activation } from '../platform/socket-activation.js'
import { successorMark } from '../platform/role.js'
import { END_DELAY } from '../platform/timing.js'
import type { Config } from './settings/config.js'
import { FAILED, failStdout } from './exit.js'
import { assertFree } from './worker/inspection.js'
import { allPlaces } from './settings/listen-options.js'
import { createLog } from './log.js'
import { takePidfile, writePidfile } from './pidfile.js'
import { spell } from './settings/spell.js'
import { startSummary } from './start-summary.js'
import { setTitle } from './title.js'
import { findUnknownVariables, tellUnknown } from './settings/unknown-variables.js'
import { workerProgram } from './worker/program.js'

/** Settings that only the primary needs. */
export interface StartOptions {
  imports?: string[] | undefined
  pidfile?: string | undefined
  /** Reads .env again. */
  reloadEnvironment: () => void
  activation: Activation
}

/** Serves an app: this process becomes the primary. The primary never loads the app. */
export async function start (config: Config, options: Options, { imports = [], pidfile, reloadEnvironment, activation }: StartOptions): Promise<void> {
  const manager = new ServiceManager() // first, because from here on nothing may inherit its variables
  const target = readListenTarget(config.listen)
  const program = workerProgram(config, imports)
  if (config.inspect !== undefined && successorMark === undefined) await assertFree(config.inspect) // the predecessor's worker still has it
  setTitle(config, 'primary')
  if (pidfile !== undefined && successorMark === undefined) writePidfile(pidfile)
  process.stdout.off('error', failStdout) // from here on, a write error on stdout does not end the process
  const output = openOutput()
  output.probe()
  const log = await createLog(config, output)
  const about = { mode: 'command', app: config.app, ...(config.name !== undefined && { name: config.name }) } as const
  const primary = new PrimaryProcess(options, log, program, { output, manager }, about, { development: config.watch, inspectedSlot: config.inspect?.slot })
  if (pidfile !== undefined) primary.onTakenOver(() => { takePidfile(pidfile, log) })
  for (const unknown of findUnknownVariables()) log.warn({ event: 'unknown-variable', variable: unknown.name, meant: unknown.meant }, tellUnknown(unknown))
  tellUnused(activation, config, log)
  // If stdout fails from the first line on, that is an error. If it fails later, as on a full disk, the
  // primary goes on.
  if (output.failure !== undefined) throw new StdoutError(output.failure.message, { cause: output.failure })
  try {
    if (config.watch) {
      const { restartOnChange } = await import('./watch/restart-on-change.js') // imported only with --watch
      await restartOnChange(config, primary, reloadEnvironment, log)
    }
    await primary.open()
    const { names, answerable } = await listen(primary, target)
    const summary = startSummary({ names, plain: answerable !== false, workers: primary.status().wanted, admin: primary.adminAddress, atTerminal: isatty(0) && isatty(1) })
    names.forEach((name, place) => {
      const last = config.pretty && place === names.length - 1
      log.info({ event: 'listening' }, '%s', [`listening on ${spell(name)}`, ...(last ? summary : [])].join('\n'))
    })
  } catch (err) {
    tell(err as NodeJS.ErrnoException, log)
    await output.end(END_DELAY)
    process.exit(FAILED)
  }
}

/**
 * Adds to Node's error that the app's port is meant. The errors of the admin server and of the control
 * socket already say which they are.
 */
async function listen (primary: PrimaryProcess, target: ListenTarget): Promise<Listening> {
  try {
    return await primary.listen(primary.nextKey(target), target)
  } catch (err) {
    if ((err as NodeJS.ErrnoException).syscall !== undefined) (err as Error).message = `cannot listen on the app's port: ${(err as Error).message}`
    throw err
  }
}

/** Clients of a socket that nobody accepts from would wait for ever, and the reason would be hard to find. */
function tellUnused ({ descriptors, ignored }: Activation, { listen }: Config, log: Logger): void {
  if (ignored !== undefined) log.info({ event: 'unused-descriptors' }, 'LISTEN_FDS is ignored: %s', ignored)
  const used = allPlaces(listen).map(({ fd }) => fd)
  const unused = descriptors.filter(({ fd }) => !used.includes(fd)).map(({ fd, name }) => `${fd} (${name})`)
  if (unused.length > 0) log.warn({ event: 'unused-descriptors' }, 'descriptors of LISTEN_FDS that no setting names are not listened on: %s', unused.join(', '))
}

/** Reports the error that ends the command, whatever the log level is. */
function tell (err: NodeJS.ErrnoException, log: Logger): void {
  const { message, cause } = err
  if (!log.isLevelEnabled('fatal')) process.stderr.write(`error: ${plain(cause instanceof Error ? `${message}: ${cause.message}` : message)}\n`)
  if (err instanceof WorkerFailedError) return // already in the log
  // If a port cannot be bound, the stack trace is of no use.
  log.fatal({ event: 'listen-failed', err: err.syscall === undefined ? err : Object.assign(err, { stack: undefined }) }, '%s', message)
}
