// Loaded before anything of the app's in a worker of the command.
import { watchExceptions } from './worker-end.js'

watchExceptions()
