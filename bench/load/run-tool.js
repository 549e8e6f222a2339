/** Milliseconds that a tool may take longer than it was told to. */
const PATIENCE = 20_000

/**
 * Runs a tool until it exits.
 * @param {import('../bench.js').Bench} bench
 * @param {string} command
 * @param {string[]} args
 * @param {number} seconds how long it should run
 * @param {NodeJS.ProcessEnv} [env]
 */
export async function runTool ({ processes }, command, args, seconds, env) {
  const program = processes.start(command, args, env)
  const timer = setTimeout(() => { program.kill() }, seconds * 1000 + PATIENCE)
  try {
    const failure = await program.ended
    if (failure !== undefined) throw new Error(failure)
    return program
  } finally {
    clearTimeout(timer)
    await processes.end(program)
  }
}
