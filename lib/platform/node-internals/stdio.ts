/**
 * Sets whether writes to stdout or stderr wait for room, or fail with EAGAIN (O_NONBLOCK). The flag belongs
 * to the pipe or socket, and so to all processes that share it. Node sets it when `process.stdout` is first
 * read, and clears it when it starts a process that inherits the pipe (uv__process_child_init in libuv's
 * src/unix/process.c), even if only as stderr.
 */
export function setBlocking (stream: NodeJS.WriteStream, blocking: boolean): void {
  (stream as unknown as { _handle?: { setBlocking? (blocking: boolean): number } })._handle?.setBlocking?.(blocking)
}
