import { destination, type DestinationStream, type Logger, pino } from 'pino'
import type { Destination } from '../fastify/app-logger.js'
import { guardStream } from '../fastify/stream-guard.js'
import { legible } from './legible.js'

/** What a readable line leaves out, of a worker's: the app's own fields are all there. */
const LEFT_OUT = 'pid,hostname,workerId,generation'

/** And of the primary's: the message says it, or says enough. */
const PRIMARY_LEFT_OUT = `${LEFT_OUT},event,workerPid,code,signal,delay,lane,reason,workers,source,before,grace,closeDelay,bootTimeout,silence,used,limit,rss,count,within,children,listener,changed,folder,url`

/** When a line was written. */
const TIME = 'HH:MM:ss.l'

/** The primary's logger, which waits for nobody. */
export async function createLog ({ level, pretty, name }: { level: string, pretty: boolean, name?: string }, output: { write (line: string): void }): Promise<Logger> {
  const options = { level, ...(name !== undefined && { name }) }
  if (!pretty) return pino(options, output)
  const { prettyFactory } = await import('pino-pretty')
  const prettify = prettyFactory({ messageFormat: '{msg}', ignore: PRIMARY_LEFT_OUT, translateTime: TIME })
  return pino(options, { write (line) { output.write(prettify(legible(line))) } })
}

/** Where a worker's log lines go: to stdout, as Fastify's own logger writes. */
export async function workerStream (pretty: boolean): Promise<DestinationStream> {
  const stdout = destination(1)
  guardStream(stdout as unknown as Destination) // before anything is written
  if (!pretty) return stdout
  // In this process, not in a thread as pino's transports: with N workers that would be N threads.
  const options = { messageFormat: 'worker {workerId}: {msg}', ignore: LEFT_OUT, translateTime: TIME }
  const { prettyFactory } = await import('pino-pretty')
  let prettify = prettyFactory(options)
  let messageKey = 'msg'
  stdout.on('message', ({ config }: PinoConfig) => {
    messageKey = config.messageKey
    prettify = prettyFactory({ ...options, messageKey: config.messageKey, errorLikeObjectKeys: ['err', 'error', config.errorKey], customLevels: config.levels.values })
  })
  const { write } = stdout
  stdout.write = line => write.call(stdout, line && prettify(legible(line, messageKey)))
  return stdout
}

/** What pino tells its stream of the logger: as it does its transports, https://getpino.io/#/docs/transports */
interface PinoConfig { config: { messageKey: string, errorKey: string, levels: { values: Record<string, number> } } }
