/** Waits for `loading`, and rejects if the event loop runs empty before the file has loaded. */
export async function untilLoaded<T> (loading: Promise<T>, never: () => Error): Promise<T> {
  let onIdle = (): void => {}
  const idle = new Promise<never>((_resolve, reject) => {
    onIdle = () => { reject(never()) }
  })
  process.once('beforeExit', onIdle)
  try {
    return await Promise.race([loading, idle])
  } finally {
    process.off('beforeExit', onIdle)
  }
}
