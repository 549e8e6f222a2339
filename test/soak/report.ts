import { FATES, type Fate } from './accounts.js'
import type { Result } from './run.js'

/** How many findings are shown, and how many of the last faults. */
const SHOWN = 10
const FAULTS_SHOWN = 40

/** The result of a lane's run, as text. The last line has the counts of everything that must not happen. */
export function report ({ lane, kinds, retried, torn, kills, faults, faultLog, folder, notes, findings }: Result): string {
  const count = (what: string): number => findings.filter(finding => finding.what === what).length
  return [
    '',
    ...table(kinds),
    '',
    `sent again ${retried}; cut short in the ledger ${torn}`,
    `faults: ${[...faults].map(([fault, times]) => `${fault} ${times}`).join(', ')}; workers killed ${kills}`,
    ...notes,
    ...findings.slice(0, SHOWN).map(({ what, text }) => `${what}: ${text}`),
    ...(findings.length > SHOWN ? [`and ${findings.length - SHOWN} more`] : []),
    ...(findings.length > 0 ? ['the last faults:', ...faultLog.slice(-FAULTS_SHOWN), `all faults, the app's log and the ledger: ${folder}`] : []),
    `${lane}: lost ${count('lost')}, twice ${count('twice')}, wrong ${count('wrong')}, closed ${count('closed')}, leaks ${count('leak')}, failures ${count('failure')}`
  ].join('\n')
}

function table (kinds: Map<string, Record<Fate, number>>): string[] {
  const all = Object.fromEntries(FATES.map(fate => [fate, [...kinds.values()].reduce((sum, counts) => sum + counts[fate], 0)])) as Record<Fate, number>
  const rows = [...kinds].sort(([a], [b]) => a < b ? -1 : 1)
  const width = Math.max(...rows.map(([kind]) => kind.length), 0) + 2
  return [
    line(width, 'requests', FATES),
    ...[...rows, ['all', all] as const].map(([kind, counts]) => line(width, kind, FATES.map(fate => String(counts[fate]))))
  ]
}

function line (width: number, name: string, cells: readonly string[]): string {
  return name.padEnd(width) + cells.map(cell => cell.padStart(10)).join('')
}
