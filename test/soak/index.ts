// The soak: npm run soak. A real app, with random faults and clients of all kinds. It accounts for every request.
import { type Flags, readFlags, USAGE } from './flags.js'
import { report } from './report.js'
import { Run } from './run.js'

for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143], ['SIGHUP', 129]] as const) {
  process.once(signal, () => { process.exit(code) }) // which ends the app too
}

try {
  const flags = readFlags(process.argv.slice(2))
  if (flags.help) console.log(USAGE)
  else process.exit(await soak(flags) ? 0 : 1) // exit: clients of an app that hangs may not have ended
} catch (err) {
  console.error(isUsage(err as NodeJS.ErrnoException) ? `${(err as Error).message}\n\n${USAGE}` : err)
  process.exit(1)
}

function isUsage (err: NodeJS.ErrnoException): boolean {
  return err instanceof RangeError || err.code?.startsWith('ERR_PARSE_ARGS') === true
}

/** @returns whether nothing was found */
async function soak ({ seconds, seed, lanes }: Flags): Promise<boolean> {
  console.log(`seed ${seed}, ${seconds} s, ${lanes.join(' and ')}`)
  let clean = true
  for (const lane of lanes) {
    const result = await new Run({ lane, seed, seconds: seconds / lanes.length, say: line => { console.log(line) } }).end()
    console.log(report(result))
    clean &&= result.findings.length === 0
  }
  console.log(`seed ${seed}: ${clean ? 'nothing found' : 'FAILED'}`)
  return clean
}
