// Prints the failures once more, and then "N passed, N failed" from the summary that tap writes at the end of
// its output. Exits with 1 unless the whole run succeeded and something passed.
import { readFileSync } from 'node:fs'

/** The most lines that are printed: a log of thousands of lines is read from its end. */
const MOST_LINES = 120
/**
 * The most lines of an assertion's block. Of a test's block, fewer: it only says where the test is, which
 * its name says too.
 */
const MOST_LINES_OF_AN_ASSERTION = 40
const MOST_LINES_OF_A_TEST = 4

const [file, status] = process.argv.slice(2)
const lines = readLines(file)
const { pass = 0, fail = 0 } = readSummary(lines)
const failed = status !== '0' || pass === 0 ? Math.max(fail, 1) : fail

const failures = findFailures(lines)
for (const line of failures.slice(0, MOST_LINES)) console.log(line)
if (failures.length > MOST_LINES) console.log(`... and ${failures.length - MOST_LINES} lines more of what failed`)
console.log(`${pass} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

function readLines (path) {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    return [] // the run ended before the tests began
  }
}

/** The last line of the form `# { total: 3, pass: 2, fail: 1 }`. tap omits zeros. */
function readSummary (lines) {
  const last = lines.filter(line => /^# \{ total: /.test(line)).at(-1) ?? ''
  return Object.fromEntries([...last.matchAll(/(\w+): (\d+)/g)].map(([, name, count]) => [name, Number(count)]))
}

/** Each "not ok", an assertion and then the tests that contain it, with the YAML block that explains it. */
function findFailures (lines) {
  const found = []
  let left = 0
  for (const [index, line] of lines.entries()) {
    const failure = /^ *not ok .*?(# time=|$)/.exec(line)
    if (failure !== null) {
      const hasBlock = lines[index + 1]?.trim() === '---'
      left = 1 + (!hasBlock ? 0 : failure[1] === '' ? MOST_LINES_OF_AN_ASSERTION : MOST_LINES_OF_A_TEST)
    }
    if (left > 0) {
      found.push(line)
      left--
    }
    if (line.trim() === '...') left = 0
  }
  return found
}
