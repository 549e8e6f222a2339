import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

const PREFIX = 'FASTIFY_'

/** Read from the current folder. */
export const ENV_FILE = '.env'

/**
 * Reads .env of the current folder, as fastify-cli does: variables that are set already keep their values,
 * and a missing file is not an error. Returns a function that reads the file again and updates the variables
 * that it had set.
 */
export function loadEnvFile (): () => void {
  const ofFile = new Set<string>()
  const load = (): void => {
    for (const name of ofFile) delete process.env[name]
    ofFile.clear()
    for (const [name, value] of Object.entries(readEnvFile())) {
      if (process.env[name] !== undefined) continue
      process.env[name] = value
      ofFile.add(name)
    }
  }
  load()
  return load
}

function readEnvFile (): NodeJS.Dict<string> {
  try {
    return parseEnv(readFileSync(ENV_FILE, 'utf8'))
  } catch {
    return {} // there is no such file, or it may not be read
  }
}

/** The value of an environment variable. An empty value counts as not set. */
export function variable (name: string): string | undefined {
  return process.env[name] || undefined
}

/** Variables that begin with our prefix but are unknown. */
export function unknownVariables (known: readonly string[]): string[] {
  return Object.keys(process.env).filter(name => name.startsWith(PREFIX) && !known.includes(name) && variable(name) !== undefined)
}

/** The variable for a flag of the command: FASTIFY_LOG_LEVEL for `--log-level`, as in fastify-cli. */
export function variableOf (flag: string): string {
  return `${PREFIX}${flag.toUpperCase().replaceAll('-', '_')}`
}
