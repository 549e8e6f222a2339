/**
 * How many connections the workers have returned since their start, for any reason; NaN if the contender does not
 * tell it.
 * @param {import('./contenders/running.js').Running} running
 */
export async function returnedBy (running) {
  const { workers } = await status(running)
  return workers?.reduce((sum, { returned: { drain, time, rescue } }) => sum + drain + time + rescue, 0) ?? NaN
}

/**
 * How many connections the primary holds; NaN if the contender does not tell it.
 * @param {import('./contenders/running.js').Running} running
 */
export async function heldBy (running) {
  return (await status(running)).held ?? NaN
}

async function status (running) {
  return running.can('status') ? JSON.parse(await running.command('status')) : {}
}
