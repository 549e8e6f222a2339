/** The longest delay of a Node timer, in milliseconds. */
export const LONGEST_DELAY = 2 ** 31 - 1

/** Milliseconds after the grace period until a process that has not exited is killed. */
export const END_DELAY = 1_000

/** Milliseconds between two pulses of a worker. */
export const PULSE = 1_000

/** Milliseconds between two checks by a worker of its own event loop. Shorter delays go unnoticed. */
export const LOOK = 20
