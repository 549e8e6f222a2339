/** Reads .env of the current folder, as fastify-cli does: what is set already stays as it is, and no file is no error. */
export function loadEnvFile (): void {
  try {
    process.loadEnvFile()
  } catch {} // there is none, or it is not for us to read
}

/** A variable of the environment; one that is set to nothing counts as not set. */
export function variable (name: string): string | undefined {
  return process.env[name] || undefined
}

/** The variable that sets a flag of the command: FASTIFY_LOG_LEVEL for `--log-level`, as in fastify-cli. */
export function variableOf (flag: string): string {
  return `FASTIFY_${flag.toUpperCase().replaceAll('-', '_')}`
}
