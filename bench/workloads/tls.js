import { perSecond, primaryMicros } from './new-connections.js'
import { underLoad } from '../measure.js'

/** @type {import('./index.js').Workload} */
export default {
  name: 'tls',
  title: 'A new TLS connection for each request',
  about: ({ tools }) => `2 workers, an ECDSA P-256 certificate, full handshakes; ${tools.newConnections.name}, 32 at a time.`,
  lacks: ({ certificate }) => certificate === undefined ? 'no openssl to make a certificate with' : undefined,
  contenders: ['native', 'ipc', 'cluster-rr', 'cluster-none', 'reuse-port', 'single', 'pm2'],
  full: { rounds: 2, seconds: 2, warmUp: 1000 },
  quick: { rounds: 1, seconds: 1, warmUp: 0, contenders: ['native', 'cluster-rr'] },
  settings: { workers: 2, tls: true },
  columns: [perSecond, primaryMicros, { title: 'failed', each: ({ failed }) => failed }],

  async measure (bench, running, { seconds, warmUp }) {
    return await underLoad(bench, running, { tool: bench.tools.newConnections, seconds, warmUp, connections: 32 })
  }
}
