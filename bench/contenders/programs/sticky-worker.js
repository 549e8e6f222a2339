import { setupWorker } from '@socket.io/sticky'
import { announce } from './announce.js'
import { createApp } from './app.js'

const app = createApp()
await app.ready()
setupWorker({ httpServer: app.server, engine: { on () {} } })
announce('worker')
