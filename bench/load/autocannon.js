import { createRequire } from 'node:module'
import { runTool } from './run-tool.js'

/** autocannon, which is always installed. With `reconnect`, a new connection for each request. */
export function autocannon ({ reconnect }) {
  return {
    name: reconnect ? 'autocannon, reconnecting' : 'autocannon',
    version: [process.execPath, createRequire(import.meta.url).resolve('autocannon/package.json'), undefined],

    async run (bench, { url, seconds, connections }) {
      const bin = createRequire(import.meta.url).resolve('autocannon')
      const { stdout } = await runTool(bench, process.execPath, [
        bin, '-j', '-n', '-c', `${connections}`, '-d', `${seconds}`, ...(reconnect ? ['-D', '1'] : []), url
      ], seconds, { NODE_TLS_REJECT_UNAUTHORIZED: '0' })
      const result = JSON.parse(stdout.trim().split('\n').at(-1))
      return {
        // With reconnectRate 1, autocannon 9 does not count answers (lib/httpClient.js, kOnMessageComplete). But it
        // sends a request only after an answer or an error, except for the first on each connection.
        requests: reconnect ? Math.max(0, result.requests.sent - connections - result.errors) : result['2xx'],
        failed: result.errors + result.non2xx,
        seconds: result.duration
      }
    }
  }
}
