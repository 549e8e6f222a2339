import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { MOST_WORKERS } from '../options-schema.js'
import { explain, onHappened } from './events.js'
import type { Operable } from './operable.js'

const NDJSON = 'application/x-ndjson'

/** What changes something: reload and scale. */
export function addSteering (fastify: FastifyInstance, primary: Operable): void {
  fastify.post('/reload', async ({ headers }, reply) => {
    const done = primary.reload()
    if (headers.accept === NDJSON) return await reply.type(NDJSON).send(follow(primary, done))
    return await answer(reply, done, () => ({ generation: primary.status().generation }))
  })

  fastify.post<{ Body: { workers: number } }>('/scale', {
    schema: {
      body: {
        type: 'object',
        required: ['workers'],
        additionalProperties: false,
        properties: { workers: { type: 'integer', minimum: 1, maximum: MOST_WORKERS } }
      }
    }
  }, async ({ body: { workers } }, reply) => await answer(reply, primary.scale(workers), () => ({ workers })))
}

/** 202 as soon as it has begun; 409 with the reason where it cannot. How it ends, the log and the events tell. */
async function answer (reply: FastifyReply, done: Promise<void>, begun: () => object): Promise<FastifyReply> {
  const failure = await Promise.race([done.then(() => undefined, (err: Error) => err), setImmediate(undefined)])
  if (failure === undefined) return await reply.code(202).send(begun())
  return await reply.code(409).send({ statusCode: 409, error: 'Conflict', message: explain(failure) })
}

/** A line for each step, and a last one that says how it ended. */
function follow (primary: Operable, done: Promise<void>): PassThrough {
  const lines = new PassThrough()
  const write = (line: object): void => { lines.write(`${JSON.stringify(line)}\n`) }
  const end = onHappened(primary, happened => {
    if (happened.event.startsWith('worker-')) write({ ...happened, reload: primary.status().reload })
  })
  lines.once('close', end)
  done.then(() => { write({ event: 'reload-end', generation: primary.status().generation }) }, (err: Error) => { write({ event: 'reload-aborted', error: explain(err) }) })
    .finally(() => { lines.end() })
  return lines
}
