import { Command } from 'commander'
import type { ConfigFile } from '../../lib/cli/settings/config-file.js'
import { createOptions } from '../../lib/cli/settings/flags.js'
import { InForce } from '../../lib/cli/settings/in-force.js'
import type { Activation } from '../../lib/platform/socket-activation.js'

export interface Given {
  args?: string[]
  env?: Record<string, string>
  /** The content of a config file. */
  file?: ConfigFile['values']
  app?: string
  /** What a service manager has passed. */
  activation?: Activation
}

/** Reads the settings from a command line, an environment and a config file. */
export function readSettings ({ args = [], env = {}, file, app, activation }: Given = {}): InForce {
  const before = { ...process.env }
  Object.assign(process.env, env)
  try {
    const command = new Command().exitOverride()
    for (const option of createOptions()) command.addOption(option)
    return new InForce(command.parse(args, { from: 'user' }), app, file && { name: '/the/file', values: file }, activation)
  } finally {
    for (const name of Object.keys(env)) delete process.env[name]
    Object.assign(process.env, before)
  }
}
