import type { Test } from 'tap'
import { appPath, command, type CommandOptions } from './helper.js'

/** A way in which an app of test/fixtures/apps fails to start. */
export interface Failure {
  what: string
  app: string
  args?: string[]
  /** One by default, because starting takes time. */
  workers?: number
  /** The error's message. */
  says: RegExp | string
  /** A part of its stack. */
  where?: string
  /** Additional output of Node. */
  text?: RegExp
}

/** Tests that the command reports each failure once, and exits. */
export function testFailures (t: Test, failures: Failure[], options?: CommandOptions): void {
  for (const { what, app: file, args = [], workers = 1, says, where, text } of failures) {
    t.test(`an app that ${what}: one error that says so, exit code 1, no process left`, async t => {
      const app = command(t, [appPath(file), '-n', String(workers), '-p', '0', ...args], options)
      t.strictSame(await app.ended, { code: 1, signal: null })
      t.equal(app.failures.length, 1, 'one error')
      const [{ msg, err } = { msg: '', err: undefined }] = app.failures
      t.match(msg, /^worker \d exited with code 1 before it was ready$/)
      t.match(err, { message: says })
      if (where !== undefined) t.ok((err as { stack: string }).stack.includes(where), `the stack has ${where}`)
      if (text !== undefined) t.match(app.text, text)
      t.strictSame(await app.leftBehind(), [])
    })
  }
}
