/**
 * Waits for a promise for at most `time` milliseconds.
 * @returns whether the promise was fulfilled in time
 * @throws the promise's reason if it was rejected in time
 */
export async function within (time: number, promise: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>(resolve => { timer = setTimeout(resolve, time, false) })
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
