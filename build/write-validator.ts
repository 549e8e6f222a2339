import { writeFileSync } from 'node:fs'
import { validators } from './validator.js'

for (const [file, source] of Object.entries(validators)) writeFileSync(new URL(`../${file}`, import.meta.url), source())
