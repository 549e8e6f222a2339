/**
 * "Service Restart": the client should reconnect.
 * https://www.iana.org/assignments/websocket/websocket.xhtml#close-code-number
 */
export const SERVICE_RESTART = 1012

/** The method of a WebSocket that a drain uses. The clients of @fastify/websocket have it. */
export interface WebSocketClient { close (code?: number, ...reason: unknown[]): void }
