#!/usr/bin/env node
import { splitArguments } from './cli/settings/app-arguments.js'
import { loadEnvFile } from './cli/settings/environment.js'
import { fail, failStdout } from './cli/exit.js'
import { createProgram } from './cli/program.js'

process.stdout.on('error', failStdout)

try {
  const reloadEnvironment = loadEnvFile() // first, because the program reads the environment
  const { own, app } = splitArguments(process.argv.slice(2))
  await createProgram(app, reloadEnvironment).parseAsync(own, { from: 'user' })
} catch (err) {
  fail(err)
}
