// A worker of the native lane, assembled from its parts, without the primary of lib/.
import { once } from 'node:events'
import { listenOn } from '../../../dist/platform/node-internals.js'
import { loadAddon } from '../../../dist/lane/addon.js'
import { receiveNative } from '../../../dist/lane/native.js'
import { SharedHandle } from '../../../dist/fastify/shared-handle.js'
import { ConnectionReceiver } from '../../../dist/worker/receiver.js'
import { announce } from './announce.js'
import { createApp } from './app.js'

const KEY = 'floor' // as in floor.c

const app = createApp()
await app.ready()
const name = { address: '127.0.0.1', family: 'IPv4', port: Number(process.env.BENCH_PORT) }
const handle = new SharedHandle(name, () => {})
listenOn(app.server, handle, name)
await once(app.server, 'listening')
const receiver = new ConnectionReceiver()
receiver.add(KEY, app.server, client => { handle.accept(client) })
receiveNative(loadAddon(), receiver)
announce('worker')
