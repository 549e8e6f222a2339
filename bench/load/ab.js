import { runTool } from './run-tool.js'

/** ApacheBench: a new connection for each request. */
export const ab = {
  name: 'ab',
  version: ['ab', '-V', /Version ([\d.]+)/],

  async run (bench, { url, seconds, connections }) {
    const { stdout } = await runTool(bench, 'ab', [
      '-q', '-d', '-S', '-r', '-c', `${connections}`, '-t', `${seconds}`,
      '-n', `${seconds * 50_000}`, // after -t, which would set it to 50,000
      url
    ], seconds)
    const number = label => Number(new RegExp(`^${label}:\\s+([\\d.]+)`, 'm').exec(stdout)?.[1] ?? 0)
    return {
      requests: number('Complete requests'),
      failed: number('Failed requests') + number('Non-2xx responses'),
      seconds: number('Time taken for tests')
    }
  }
}
