// The private parts of Node that the project uses, with the reason why each can be relied on. Those of Fastify
// are in fastify/fastify-internals.ts, and those of pino's stream in fastify/app-logger.ts and
// fastify/stream-guard.ts. A few of Node's are elsewhere: its own messages on the IPC channel in protocol.ts,
// primary/workers/fork.ts and primary/workers/fork/; cluster.settings in primary/workers/fork.ts; the channel's
// descriptor in platform/handed-over.ts. npm run test:matrix tests all of them on every Node version that the
// README lists.

export * from './node-internals/channel.js'
export * from './node-internals/connection.js'
export * from './node-internals/handles.js'
export * from './node-internals/server.js'
export * from './node-internals/stdio.js'
export * from './node-internals/tickets.js'
