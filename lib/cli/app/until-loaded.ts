/** Rejects when nothing is under way any more, and the file has not loaded. */
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
