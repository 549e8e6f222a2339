// Checks the native lane's protocol: the runs of handoff.pml and return.pml have to pass, and each bug
// that can be switched on has to be found. Needs spin (Debian: apt-get install spin) and a C compiler.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

const SAFETY = ['-DSAFETY']
const NO_CYCLE = ['-DNP', '-DNOFAIR', '-DCOLLAPSE']
const PROOF = ['-DNC=2', '-DKILLS=1', '-DREFUSALS=1']
const DEAF = ['-DNC=2', '-DKILLS=0', '-DHANGS=0', '-DDRAINS=0', '-DREFUSALS=1', '-DDEAFS=2']
const HUNT = ['-DNC=3', '-DKILLS=1', '-DHANGS=0', '-DDRAINS=0']
const BUGS = ['EOF_IS_DEATH', 'ROW_ORDER', 'GUESS', 'CLOSE_AT_SEND', 'NO_ROW', 'STALE_REFUSAL', 'SHUT_IS_FRAME']

// One connection with every fault; and two, which are too many for every fault at once.
const ONE = ['-DNC=1', '-DDOWNS=1']
const TWO_BLOCKED = ['-DNC=2', '-DKILLS=0', '-DFAILS=0', '-DLEAVES=0']
const TWO_KILLED = ['-DNC=2', '-DBLOCKS=0', '-DFAILS=0', '-DLEAVES=0']
const SMALL = ['-DSAFETY', '-O0'] // the compiler takes longer than the search
const RETURN_BUGS = ['NO_CAS', 'NO_WAIT', 'PARKED_FIRST', 'DEAL_IDLE', 'READS_ON', 'NOT_IDLE', 'NO_DRAIN', 'DRAIN_FIRST', 'NO_PEEK', 'NO_SHUTDOWN', 'END_COPY', 'WANT_ONCE']

let wrong = 0
report('no connection is served twice, lost, leaked or confused with another', check('handoff.pml', PROOF, SAFETY, ['-E']))
report('no run goes on for ever', check('handoff.pml', PROOF, NO_CYCLE, ['-l']))
report('the same with workers that shut down or lose their end', check('handoff.pml', DEAF, SAFETY, ['-E']))
for (const bug of BUGS) report(`finds the bug ${bug}`, check('handoff.pml', [...HUNT, ...(bug === 'SHUT_IS_FRAME' ? ['-DDEAFS=1'] : []), `-DBUG_${bug}`], SAFETY, ['-E']) > 0 ? 0 : 1)
report('a connection that comes back has one owner, and ends with all its requests read', check('return.pml', ONE, SAFETY, ['-E']))
report('the same for two connections and a blocked worker', check('return.pml', TWO_BLOCKED, SAFETY, ['-E']))
report('the same for two connections and a killed worker', check('return.pml', TWO_KILLED, SAFETY, ['-E']))
report('no connection comes back for ever', check('return.pml', ['-DNC=1'], ['-DNP', '-DNOFAIR'], ['-l']))
for (const bug of RETURN_BUGS) report(`finds the bug ${bug}`, check('return.pml', ['-DNC=1', `-DBUG_${bug}`], SMALL, ['-E']) > 0 ? 0 : 1)
process.exitCode = wrong === 0 ? 0 : 1

function report (what, errors) {
  console.log(`${errors === 0 ? 'ok    ' : 'NOT OK'} ${what}`)
  if (errors !== 0) wrong++
}

/** The number of errors that the checker finds in this variant of the model. */
function check (model, defines, checker, options) {
  const folder = mkdtempSync(join(tmpdir(), 'shared-fastify-model-'))
  try {
    run('spin', [...defines, '-a', join(here, model)], folder)
    run('cc', ['-O2', '-w', ...checker, '-o', 'pan', 'pan.c'], folder)
    const output = run('./pan', [...options, '-m3000000'], folder)
    const [, errors] = /errors: (\d+)/.exec(output) ?? []
    // A search that was not finished proves nothing.
    if (errors === undefined || (errors === '0' && /max search depth too small|out of memory/.test(output))) throw new Error(output)
    return Number(errors)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function run (command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}:\n${stdout}${stderr}`)
  return stdout + stderr
}
