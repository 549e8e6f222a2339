import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestAsyncHookHandler } from 'fastify'

/**
 * Prevents web pages of other origins from using the admin server through the browser of someone who can
 * reach it. An unknown name in the Host header means that another name was pointed to our address (DNS
 * rebinding). Origin and Sec-Fetch-Site show which page sent the request.
 */
export function guardAgainstPages (fastify: FastifyInstance, hosts: readonly string[]): void {
  const names = new Set(['localhost', ...hosts].map(host => host.toLowerCase()))
  fastify.addHook('onRequest', async (request, reply) => {
    const host = hostOf(request.headers.host)
    // Browsers always send a Host header. Health checks by HTTP/1.0 may not.
    if (request.headers.host !== undefined && (host === undefined || !(isIP(host) !== 0 || names.has(host) || host.endsWith('.localhost')))) {
      return await refuse(reply, 421, `Host '${request.headers.host}' is not accepted: use an IP address, or one of ${[...names].join(', ')} (admin.hosts adds names)`)
    }
    if (isForeign(request) && !isVisit(request)) {
      return await refuse(reply, 403, 'requests from pages of another origin are not accepted')
    }
  })
}

/** Accepts only requests with the token. Without a configured token, rejects all. */
export function requireToken (token: string | undefined): onRequestAsyncHookHandler {
  return async ({ headers }, reply) => {
    if (token === undefined) return await refuse(reply, 403, 'no token is configured: set admin.token to reload, restart and scale through the admin server, or use the control socket')
    const [, given] = /^Bearer +(.+)$/i.exec(headers.authorization ?? '') ?? []
    if (given !== undefined && isSame(given, token)) return
    return await refuse(reply.header('www-authenticate', 'Bearer'), 401, 'the token is missing or wrong: send Authorization: Bearer <token>')
  }
}

/** Takes the same time for every token, whatever its length: digests have equal lengths. */
function isSame (given: string, token: string): boolean {
  return timingSafeEqual(digest(given), digest(token))
}

function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** The host name without the port, and without the brackets of an IPv6 address. */
function hostOf (header: string | undefined): string | undefined {
  const [, ipv6, name] = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/.exec(header ?? '') ?? []
  return (ipv6 ?? name)?.toLowerCase()
}

/** Whether the request comes from a page of another origin. Clients that are not browsers send neither header. */
function isForeign ({ headers }: FastifyRequest): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host)
}

/** Whether the user is following a link to this server. */
function isVisit ({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && headers.origin === undefined && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
}

async function refuse (reply: FastifyReply, statusCode: number, message: string): Promise<FastifyReply> {
  return await reply.code(statusCode).send({ statusCode, message })
}
