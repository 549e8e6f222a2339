import { readListenTarget } from '../listen-target.js'
import { readOptions } from '../options.js'
import { forkBy } from '../primary/fork.js'
import { PrimaryProcess } from '../primary-process.js'
import { readConfig } from './config.js'
import { FAILED } from './exit.js'
import type { StartFlags } from './flags.js'
import { createLog } from './log.js'
import { workerProgram } from './worker-program.js'

/** Serves an app: this process becomes its primary, which never loads it. */
export async function start (app: string, flags: StartFlags, appArguments: string[]): Promise<void> {
  const config = readConfig(app, flags, appArguments)
  const target = readListenTarget(config.listen)
  const options = readOptions(config.sharedPort)
  const fork = forkBy(workerProgram(config, flags.import ?? []))
  const log = await createLog(config)
  const primary = new PrimaryProcess(options, log, fork)
  try {
    for (const name of await primary.listen(primary.nextKey(target), target)) {
      log.info({ event: 'listening' }, 'listening at %s', typeof name === 'string' ? name : `${name.address}:${name.port}`)
    }
  } catch (err) {
    // What a worker failed of is in the log already.
    if (process.exitCode === undefined) log.fatal({ event: 'listen-failed', err }, (err as Error).message)
    process.exit(FAILED)
  }
}
