/**
 * The most edits by which a written name may differ from the suggestion: one for every three letters, up to
 * this number.
 */
const MOST_SLIPS = 2

/** The name that was probably meant by a mistyped one: the closest, if any is close enough. */
export function nearest (written: string, names: readonly string[]): string | undefined {
  const simpleWritten = simple(written)
  const most = Math.min(MOST_SLIPS, Math.floor(simpleWritten.length / 3))
  let [best, fewest]: [string | undefined, number] = [undefined, most + 1]
  for (const name of names) {
    const slips = distance(simple(name), simpleWritten)
    if (slips < fewest) [best, fewest] = [name, slips]
  }
  return best
}

/**
 * Makes 'max-pending', 'MAX_PENDING' and 'maxPending' equal, as well as a flag's name and the path of a
 * nested option.
 */
function simple (name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/**
 * The number of letters that have to be inserted, deleted, changed, or swapped with the next one to turn one
 * name into the other (optimal string alignment).
 */
function distance (a: string, b: string): number {
  let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, place) => place)]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] as number) + 1 : Infinity
      next.push(Math.min(changed, swapped, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    before = row
    row = next
  }
  return row[b.length] as number
}
