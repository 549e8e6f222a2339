/** "Service Restart": come back. https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number */
export const SERVICE_RESTART = 1012

/** What a drain needs to know of a WebSocket: those of @fastify/websocket have it. */
export interface WebSocketClient { close (code?: number, ...reason: unknown[]): void }
