// HTTPS, with HTTP/2 for clients that speak it. This makes a certificate for localhost, valid for a year:
//
//   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 \
//     -keyout key.pem -out cert.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost
//
// With --options, Fastify is created with the "options" that are exported below:
//
//   npx shared-fastify example/https.ts --options --workers 4
//   curl --cacert cert.pem https://localhost:3000
//
// Every worker reads the certificate. All workers have the same keys for TLS session tickets, so any of
// them can resume a session that another has begun.
import { readFileSync } from 'node:fs'
import type { FastifyInstance, FastifyRequest } from 'fastify'

export const options = {
  http2: true,
  https: {
    allowHTTP1: true,
    key: readFileSync(process.env['TLS_KEY'] ?? 'key.pem'),
    cert: readFileSync(process.env['TLS_CERT'] ?? 'cert.pem')
  }
}

export default async function app (fastify: FastifyInstance): Promise<void> {
  fastify.get('/', async (request: FastifyRequest) => ({
    worker: fastify.sharedPort.workerId,
    http: request.raw.httpVersion
  }))
}
