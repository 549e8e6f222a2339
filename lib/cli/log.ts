import { destination, type DestinationStream, type Logger, pino } from 'pino'

export const LEVELS = [...Object.keys(pino.levels.values), 'silent']

/** What a readable line leaves out, of a worker's: the app's own fields are all there. */
const LEFT_OUT = 'pid,hostname,workerId'

/** And of the primary's: the message says it, or says enough. */
const PRIMARY_LEFT_OUT = `${LEFT_OUT},event,workerPid,code,signal,delay,lane,reason,workers,source,generation,before,grace,closeDelay,bootTimeout,silence,used,limit,rss,count,within,children,listener,changed,folder`

/** The primary's logger. It writes at once: what it says last, it says before it exits. */
export async function createLog ({ level, pretty }: { level: string, pretty: boolean }): Promise<Logger> {
  return pino({ level }, pretty ? await prettyStream('{msg}', PRIMARY_LEFT_OUT) : destination({ dest: 1, sync: true }))
}

/** Where a worker's log lines go; without `pretty`, where Fastify's own logger writes. */
export async function workerStream (pretty: boolean): Promise<DestinationStream> {
  return pretty ? await prettyStream('worker {workerId}: {msg}', LEFT_OUT) : destination(1)
}

/** In this process, not in a thread as pino's transports: with N workers that would be N threads. */
async function prettyStream (messageFormat: string, ignore: string): Promise<DestinationStream> {
  const { default: prettify } = await import('pino-pretty')
  return prettify({ messageFormat, ignore, translateTime: 'HH:MM:ss.l', sync: true })
}
