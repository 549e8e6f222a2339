// The app that the command serves: `shared-fastify start command-app.js`.
import { announce } from './announce.js'
import { createApp } from './app.js'

const app = createApp()
app.addHook('onListen', async () => { announce('worker') })

export default app
