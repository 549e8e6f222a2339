// Prints "N passed, N failed" from the summary that tap writes at the end of its output, and exits
// with 1 unless the run as a whole succeeded and something passed.
import { readFileSync } from 'node:fs'

const [file, status] = process.argv.slice(2)
const { pass = 0, fail = 0 } = readSummary(file)
const failed = status !== '0' || pass === 0 ? Math.max(fail, 1) : fail

console.log(`${pass} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** The last line of the form `# { total: 3, pass: 2, fail: 1 }`; tap leaves out what is 0. */
function readSummary (file) {
  let text
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return {} // the run ended before the tests began
  }
  const last = text.split('\n').filter(line => /^# \{ total: /.test(line)).at(-1) ?? ''
  return Object.fromEntries([...last.matchAll(/(\w+): (\d+)/g)].map(([, name, count]) => [name, Number(count)]))
}
