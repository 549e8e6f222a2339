// Loaded in the command's workers before any module of the app.
import { watchExceptions } from '../../failure.js'
import { CONFIG, type Config } from '../settings/config.js'
import { openInspector } from '../worker/inspection.js'

watchExceptions()
const { inspect } = JSON.parse(process.env[CONFIG] ?? '{}') as Partial<Config>
if (inspect !== undefined) await openInspector(inspect)
