// The app that Watt serves: `wattpm start` in this folder.
import { announce } from '../announce.js'
import { createApp } from '../app.js'

export function create () {
  const app = createApp()
  app.addHook('onListen', async () => { announce('worker') })
  return app
}
