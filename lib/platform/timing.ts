/** The longest delay that a Node timer takes, in milliseconds. */
export const LONGEST_DELAY = 2 ** 31 - 1

/** Milliseconds beyond grace after which a process that should have ended is made to. */
export const END_DELAY = 1_000

/** Milliseconds between two signs of life of a worker. */
export const PULSE = 1_000

/** Milliseconds between two looks of a worker at its own event loop: what is shorter than this it cannot tell. */
export const LOOK = 20
