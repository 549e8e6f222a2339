import { destination, type DestinationStream, type Logger, pino } from 'pino'

export const LEVELS = [...Object.keys(pino.levels.values), 'silent']

/** What a readable line leaves out: its message says it, or says enough. */
const LEFT_OUT = 'pid,hostname,event,workerId,workerPid,code,signal'

/** The primary's logger. It writes at once: what it says last, it says before it exits. */
export async function createLog ({ level, pretty }: { level: string, pretty: boolean }): Promise<Logger> {
  return pino({ level }, pretty ? await prettyStream('{msg}') : destination({ dest: 1, sync: true }))
}

/** Where a worker's log lines go; without `pretty`, where Fastify's own logger writes. */
export async function workerStream (pretty: boolean): Promise<DestinationStream> {
  return pretty ? await prettyStream('worker {workerId}: {msg}') : destination(1)
}

/** In this process, not in a thread as pino's transports: with N workers that would be N threads. */
async function prettyStream (messageFormat: string): Promise<DestinationStream> {
  const { default: prettify } = await import('pino-pretty')
  return prettify({ messageFormat, ignore: LEFT_OUT, translateTime: 'HH:MM:ss.l', sync: true })
}
