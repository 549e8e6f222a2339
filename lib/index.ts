import type { sharedPort as contract } from '../types/index.js'
import { sharedPort as plugin } from './plugin.js'

// fastify-plugin puts `default` and `sharedPort` on the function itself, so that require(), which
// gives it the export named 'module.exports', offers the same names as import.
const sharedPort = plugin as typeof contract

export { sharedPort, sharedPort as default, sharedPort as 'module.exports' }
