/** Waits for a promise, and no longer than `time` milliseconds. @returns whether it is fulfilled by then @throws what it rejects with by then */
export async function within (time: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>(resolve => { timer = setTimeout(resolve, time, false) })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
