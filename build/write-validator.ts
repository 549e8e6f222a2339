import { writeFileSync } from 'node:fs'
import { validatorSource } from './validator.js'

writeFileSync(new URL('../lib/options-validator.ts', import.meta.url), validatorSource())
