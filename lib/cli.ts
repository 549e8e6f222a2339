#!/usr/bin/env node
import { createProgram, ownArguments } from './cli/program.js'
import { fail } from './cli/exit.js'

createProgram().parseAsync(ownArguments()).catch(fail)
