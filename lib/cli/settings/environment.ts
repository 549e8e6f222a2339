import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'

const PREFIX = 'FASTIFY_'

/** In the current folder. */
export const ENV_FILE = '.env'

/**
 * Reads .env of the current folder, as fastify-cli does: what is set already stays as it is, and no
 * file is no error. Returns what reads it again: what the file had set becomes what it says by then.
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
    return {} // there is none, or it is not for us to read
  }
}

/** A variable of the environment; one that is set to nothing counts as not set. */
export function variable (name: string): string | undefined {
  return process.env[name] || undefined
}

/** The variables whose names look like ours and are not among them. */
export function unknownVariables (known: readonly string[]): string[] {
  return Object.keys(process.env).filter(name => name.startsWith(PREFIX) && !known.includes(name) && variable(name) !== undefined)
}

/** The variable that sets a flag of the command: FASTIFY_LOG_LEVEL for `--log-level`, as in fastify-cli. */
export function variableOf (flag: string): string {
  return `${PREFIX}${flag.toUpperCase().replaceAll('-', '_')}`
}
