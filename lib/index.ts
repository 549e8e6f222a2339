import type { sharedPort as contract } from '../types/index.js'
import { sharedPort as plugin } from './plugin.js'

// fastify-plugin sets `default` and `sharedPort` on the function itself. So require(), which returns the
// export named 'module.exports', offers the same names as import.
const sharedPort = plugin as typeof contract

export { sharedPort, sharedPort as default, sharedPort as 'module.exports' }
