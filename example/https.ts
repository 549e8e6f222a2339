// HTTPS, with HTTP/2 for those who speak it. A certificate for localhost, good for a year:
//
//   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 \
//     -keyout key.pem -out cert.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost
//
// With --options, Fastify is created with what is exported as "options" below:
//
//   npx shared-fastify example/https.ts --options --workers 4
//   curl --cacert cert.pem https://localhost:3000
//
// Every worker reads the certificate. The keys of TLS session tickets are the primary's: a session
// that one worker began is resumed by any other.
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
