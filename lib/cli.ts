#!/usr/bin/env node
import { splitArguments } from './cli/settings/app-arguments.js'
import { loadEnvFile } from './cli/settings/environment.js'
import { fail, failStdout } from './cli/exit.js'
import { createProgram } from './cli/program.js'
import { successorMark } from './platform/role.js'
import { takeActivation } from './platform/socket-activation.js'

process.stdout.on('error', failStdout)

try {
  const activation = takeActivation(process.env, successorMark?.predecessor) // before anything is started, which would inherit the variables
  const reloadEnvironment = loadEnvFile() // then, because the program reads the environment
  const { own, app } = splitArguments(process.argv.slice(2))
  await createProgram(app, reloadEnvironment, activation).parseAsync(own, { from: 'user' })
} catch (err) {
  fail(err)
}
