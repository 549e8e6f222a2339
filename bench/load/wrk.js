import { runTool } from './run-tool.js'

/** wrk with one thread. With `reconnect`, a new connection for each request. */
export function wrk ({ reconnect }) {
  return {
    name: reconnect ? 'wrk, Connection: close' : 'wrk',
    version: ['wrk', '-v', /^wrk (\S+)/],

    async run (bench, { url, seconds, connections }) {
      const { stdout } = await runTool(bench, 'wrk', [
        '-t', '1', '-c', `${connections}`, '-d', `${seconds}s`, ...(reconnect ? ['-H', 'Connection: close'] : []), url
      ], seconds)
      const [, requests, time, unit] = /(\d+) requests in ([\d.]+)(ms|s|m)/.exec(stdout) ?? []
      const errors = [...stdout.matchAll(/(?:connect|read|write|timeout|Non-2xx or 3xx responses:) ?(\d+)/g)]
      return {
        requests: Number(requests),
        failed: errors.reduce((sum, [, count]) => sum + Number(count), 0),
        seconds: Number(time) * { ms: 0.001, s: 1, m: 60 }[unit]
      }
    }
  }
}
