import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { MOST_WORKERS } from '../options/schema.js'
import { explain, MOST_UNREAD, onHappened } from './events.js'
import type { Operable } from './operable.js'

const NDJSON = 'application/x-ndjson'

/** Adds the routes that make changes: reload, restart, scale and upgrade. */
export function addSteering (fastify: FastifyInstance, primary: Operable): void {
  /**
   * Answers 202 as soon as the operation has begun, or 409 with the reason if it cannot begin. A client that
   * accepts NDJSON gets the progress line by line instead: of the workers of this slot, or of all.
   */
  const answer = async ({ headers }: FastifyRequest, reply: FastifyReply, begin: () => Promise<object | void>, begun: () => object, slot?: number): Promise<FastifyReply> => {
    const lines = headers.accept === NDJSON ? new Steps(primary, slot) : undefined
    const done = begin()
    const failure = await Promise.race([done.then(() => undefined, (err: Error) => err), setImmediate(undefined)])
    if (failure !== undefined) {
      lines?.destroy()
      return await reply.code(409).send({ statusCode: 409, error: 'Conflict', message: explain(failure) })
    }
    if (lines === undefined) return await reply.code(202).send(begun())
    reply.raw.socket?.setTimeout(0) // a reload may take any time, without a line to send
    lines.endWith(done)
    return await reply.type(NDJSON).send(lines)
  }

  fastify.post('/reload', async (request, reply) => await answer(request, reply, async () => { await primary.reload() }, () => ({ generation: primary.status().generation })))

  fastify.post('/upgrade', async (request, reply) => await answer(request, reply, async () => ({ pid: await primary.upgrade() }), () => ({ pid: primary.successorPid() })))

  fastify.post<{ Body: { slot: number } }>('/restart', {
    schema: {
      body: {
        type: 'object',
        required: ['slot'],
        additionalProperties: false,
        properties: { slot: { type: 'integer', minimum: 0, maximum: MOST_WORKERS - 1 } }
      }
    }
  }, async (request, reply) => {
    const { slot } = request.body
    return await answer(request, reply, async () => { await primary.restartSlot(slot) }, () => ({ slot }), slot)
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
  }, async (request, reply) => {
    const { workers } = request.body
    return await answer(request, reply, async () => { await primary.scale(workers) }, () => ({ workers }))
  })
}

/** Streams a line for each event of a worker, and a last line with the result: `done`, or `failed` with the error. */
class Steps extends PassThrough {
  constructor (primary: Operable, slot?: number) {
    super()
    this.once('close', onHappened(primary, happened => {
      if (happened.event.startsWith('worker-') && (slot === undefined || happened['slot'] === slot)) this.#write(happened)
    }))
  }

  endWith (done: Promise<object | void>): void {
    done.then(result => { this.#write({ event: 'done', ...result }) }, (err: Error) => { this.#write({ event: 'failed', error: explain(err) }) })
      .finally(() => { this.end() })
  }

  #write (line: object): void {
    if (this.destroyed) return
    this.write(`${JSON.stringify(line)}\n`)
    if (this.writableLength > MOST_UNREAD) this.destroy()
  }
}
