import { destination, type DestinationStream, type Logger, pino } from 'pino'
import type { Destination } from '../fastify/app-logger.js'
import { guardStream } from '../fastify/stream-guard.js'
import { legible } from './legible.js'

/** Fields of a worker's line that the readable format omits. All of the app's own fields are printed. */
const LEFT_OUT = 'pid,hostname,workerId,generation'

/**
 * Fields of the primary's line that the readable format omits as well, because the message already contains
 * them, or is clear without them.
 */
const PRIMARY_LEFT_OUT = `${LEFT_OUT},event,workerPid,code,signal,delay,lane,reason,workers,source,before,grace,closeDelay,bootTimeout,silence,slot,used,limit,rss,count,within,children,listener,changed,folder,url,address`

/** The format of timestamps. */
const TIME = 'HH:MM:ss.l'

/** The primary's logger. Its writes never block. */
export async function createLog ({ level, pretty, name }: { level: string, pretty: boolean, name?: string }, output: { write (line: string): void }): Promise<Logger> {
  const options = { level, ...(name !== undefined && { name }) }
  if (!pretty) return pino(options, output)
  const { prettyFactory } = await import('pino-pretty')
  const prettify = prettyFactory({ messageFormat: '{msg}', ignore: PRIMARY_LEFT_OUT, translateTime: TIME })
  return pino(options, { write (line) { output.write(prettify(legible(line))) } })
}

/** The stream for a worker's log lines: stdout, as with Fastify's own logger. */
export async function workerStream (pretty: boolean): Promise<DestinationStream> {
  const stdout = destination(1)
  guardStream(stdout as unknown as Destination) // before anything is written
  if (!pretty) return stdout
  // In this process rather than in a thread, as pino's transports do: N workers would need N threads.
  const options = { messageFormat: 'worker {workerId}: {msg}', ignore: LEFT_OUT, translateTime: TIME }
  const { prettyFactory } = await import('pino-pretty')
  let prettify = prettyFactory(options)
  let messageKey = 'msg'
  stdout.on('message', ({ config }: PinoConfig) => {
    messageKey = config.messageKey
    prettify = prettyFactory({ ...options, messageKey: config.messageKey, errorLikeObjectKeys: ['err', 'error', config.errorKey], customLevels: config.levels.values })
  })
  const { write } = stdout
  stdout.write = line => {
    if (line === '') return write.call(stdout, line)
    const fields = legible(line, messageKey)
    return tellsAddress(fields[messageKey]) || write.call(stdout, prettify(fields))
  }
  return stdout
}

/** Whether it is Fastify's line for an address. Each worker would print all of them, and the primary logs them once. */
function tellsAddress (message: unknown): boolean {
  return typeof message === 'string' && message.startsWith('Server listening at ')
}

/**
 * The logger's configuration, which pino sends to its stream as it does to transports:
 * https://getpino.io/#/docs/transports
 */
interface PinoConfig { config: { messageKey: string, errorKey: string, levels: { values: Record<string, number> } } }
