// Metrics in the form in which they are summed up and written, following Prometheus' text format:
// https://prometheus.io/docs/instrumenting/exposition_formats/

/** A metric with its samples. Their keys are series: `sizes_bucket{kind="a",le="10"}`. */
export interface Metric {
  name: string
  help: string
  type: Type
  aggregator: Aggregator
  samples: Map<string, number>
}

export type Labels = Record<string, string | number>

/** For each type, the suffixes of its samples' names, and the label that such a sample must have. */
const PARTS = {
  counter: { '': undefined },
  gauge: { '': undefined },
  untyped: { '': undefined },
  histogram: { _bucket: 'le', _sum: undefined, _count: undefined },
  summary: { '': 'quantile', _sum: undefined, _count: undefined }
} as const satisfies Record<string, Record<string, string | undefined>>

export type Type = keyof typeof PARTS

/** How the values of one series from several workers are combined. The names are prom-client's. */
const AGGREGATORS = {
  sum: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0),
  first: (values: readonly number[]) => values[0] as number,
  average: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length,
  min: (values: readonly number[]) => values.reduce((least, value) => Math.min(least, value), Infinity),
  max: (values: readonly number[]) => values.reduce((most, value) => Math.max(most, value), -Infinity)
}

export type Aggregator = keyof typeof AGGREGATORS

export function isType (type: unknown): type is Type {
  return typeof type === 'string' && Object.hasOwn(PARTS, type)
}

export function isAggregator (aggregator: unknown): aggregator is Aggregator {
  return typeof aggregator === 'string' && Object.hasOwn(AGGREGATORS, aggregator)
}

/** Whether the values only grow. Then those of workers that have exited still count. */
export function isGrowing ({ type }: Metric): boolean {
  return type === 'counter' || type === 'histogram'
}

/** The names of the samples of a metric, each with the label that it must have. */
export function sampleNames (name: string, type: Type): Map<string, string | undefined> {
  return new Map(Object.entries(PARTS[type]).map(([part, label]) => [name + part, label]))
}

/** Formats a series. The result also identifies it. */
export function seriesOf (name: string, labels: Array<readonly [string, string | number]>): string {
  if (labels.length === 0) return name
  return `${name}{${labels.map(([label, value]) => `${label}="${escape(String(value)).replaceAll('"', '\\"')}"`).join(',')}}`
}

/** Combines one metric of several workers. Name, help and type are those of the first. */
export function aggregate (parts: readonly Metric[]): Metric {
  const [first] = parts as [Metric]
  const series = new Map<string, number[]>()
  for (const { samples } of parts) {
    for (const [name, value] of samples) {
      const values = series.get(name)
      if (values === undefined) series.set(name, [value])
      else values.push(value)
    }
  }
  const together = AGGREGATORS[first.aggregator]
  return { ...first, samples: new Map([...series].map(([name, values]) => [name, together(values)])) }
}

export function write ({ name, help, type, samples }: Metric): string {
  return [`# HELP ${name} ${escape(help)}`, `# TYPE ${name} ${type}`, ...[...samples].map(([series, value]) => `${series} ${spell(value)}`)].join('\n')
}

function spell (value: number): string {
  return Number.isFinite(value) || Number.isNaN(value) ? String(value) : value < 0 ? '-Inf' : '+Inf'
}

function escape (text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
