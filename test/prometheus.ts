/** What a scrape has for one metric: its type, the number of lines, and the values of each label. */
export interface Exposed { type: string, lines: number, labels: Map<string, Set<string>> }

/** Parses Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function readExposition (text: string): Map<string, Exposed> {
  const exposed = new Map<string, Exposed>()
  for (const line of text.split('\n')) {
    const [, name, type] = /^# TYPE (\w+) (\w+)$/.exec(line) ?? []
    if (name !== undefined && type !== undefined) {
      for (const sample of samplesOf(name, type)) exposed.set(sample, { type, lines: 0, labels: new Map() })
    }
    const [, sample, labels] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? []
    const is = exposed.get(sample ?? '')
    if (is === undefined) continue
    is.lines++
    for (const [, label, value] of (labels ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g) as Iterable<[string, string, string]>) {
      is.labels.set(label, (is.labels.get(label) ?? new Set()).add(value))
    }
  }
  return exposed
}

function samplesOf (name: string, type: string): string[] {
  return type === 'histogram' ? ['bucket', 'sum', 'count'].map(part => `${name}_${part}`) : [name]
}

/** The documented name of a sample's metric. */
export function metricOf (sample: string, { type }: Exposed): string {
  return type === 'histogram' ? sample.replace(/_(bucket|sum|count)$/, '') : sample
}

/** The samples and labels that a PromQL query uses. */
export interface Query { samples: string[], matchers: Array<{ label: string, value: string }>, labels: string[] }

const PARTS = /\b((?:shared_fastify|app|nodejs|process)_\w+)|\b(\w+)\s*(?:=~|=)\s*"([^"]*)"|\b(?:by|ignoring|on)\s*\(([^)]*)\)/g

export function readQuery (query: string): Query {
  const read: Query = { samples: [], matchers: [], labels: [] }
  for (const [, sample, label, value, labels] of query.matchAll(PARTS)) {
    if (sample !== undefined) read.samples.push(sample)
    if (label !== undefined && value !== undefined) read.matchers.push({ label, value })
    if (labels !== undefined) read.labels.push(...labels.split(',').map(name => name.trim()))
  }
  return read
}

/** The labels that Prometheus adds to each sample. */
const ADDED = ['job', 'instance']

/**
 * The names in a query, or in a text with `labels`, that a scrape does not have. A metric without a line may
 * have any label.
 */
export function unknown (query: string, labels: string[], exposed: Map<string, Exposed>): string[] {
  const { samples, matchers, labels: grouped } = readQuery(query)
  const known = samples.flatMap(sample => exposed.get(sample) ?? [])
  const has = (label: string): boolean => ADDED.includes(label) || known.some(({ lines, labels }) => lines === 0 || labels.has(label))
  return [
    ...samples.filter(sample => !exposed.has(sample)),
    ...[...grouped, ...labels].filter(label => !has(label)),
    ...matchers.filter(({ label, value }) => !ADDED.includes(label) && !known.some(({ labels }) => labels.get(label)?.has(value))).map(({ label, value }) => `${label}="${value}"`)
  ]
}
