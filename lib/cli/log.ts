import { destination, type DestinationStream, type Logger, pino } from 'pino'

export const LEVELS = [...Object.keys(pino.levels.values), 'silent']

/** The primary's logger in command mode. */
export async function createLog ({ level, pretty }: { level: string, pretty: boolean }): Promise<Logger> {
  return pino({ level }, await logStream(pretty))
}

/** Where log lines go: readable on a terminal, JSON otherwise. In this process, not in a thread of each. */
export async function logStream (pretty: boolean): Promise<DestinationStream> {
  if (!pretty) return destination(1)
  const { default: prettify } = await import('pino-pretty')
  return prettify({ ignore: 'pid,hostname,event,workerPid', translateTime: 'HH:MM:ss.l', sync: true })
}
