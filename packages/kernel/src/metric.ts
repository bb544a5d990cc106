/** What a metric means, written once: what measures, what adds up and the reference page all follow from it. */
export interface MetricFamily {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  /** For the operator, one sentence. */
  readonly help: string
  /** How values of several threads become one; counters and histograms are always added up. */
  readonly merge?: 'sum' | 'max' | 'min'
}

/** By name, without the endings that the kinds have (`_total`, `_bucket`, `_sum`, `_count`). */
export type MetricFamilies = Readonly<Record<string, MetricFamily>>

/** One value of one series. Plain data, so that it can be sent from thread to thread. */
export interface Sample {
  readonly family: string
  /** All that stands left of the value: name, ending and labels. */
  readonly series: string
  readonly value: number
}

/** Labels are names and values in turn. */
export function sample(
  family: string,
  kind: MetricFamily['kind'],
  labels: readonly string[],
  value: number,
): Sample {
  const ending = kind === 'counter' ? '_total' : ''
  return { family, series: `${family}${ending}${writeLabels(labels)}`, value }
}

/** A histogram with cumulated buckets; `counts` has one more than `bounds`, for what is above the last. */
export function histogramSamples(
  family: string,
  labels: readonly string[],
  bounds: readonly number[],
  counts: ArrayLike<number>,
  sum: number,
): Sample[] {
  let cumulated = 0
  const buckets = Array.from(counts, (count, i) => {
    cumulated += count
    const bound = i < bounds.length ? String(bounds[i]) : '+Inf'
    return { family, series: `${family}_bucket${writeLabels([...labels, 'le', bound])}`, value: cumulated }
  })
  return [
    ...buckets,
    { family, series: `${family}_sum${writeLabels(labels)}`, value: sum },
    { family, series: `${family}_count${writeLabels(labels)}`, value: cumulated },
  ]
}

/** Makes one list of several: what is one series becomes one value, as its family says. Keeps the order. */
export function mergeSamples(lists: readonly (readonly Sample[])[], families: MetricFamilies): Sample[] {
  const merged = new Map<string, Sample>()
  for (const each of lists.flat()) {
    const present = merged.get(each.series)
    const value = present === undefined ? each.value : join(present.value, each.value, families[each.family])
    merged.set(each.series, { ...each, value })
  }
  return [...merged.values()]
}

function join(a: number, b: number, family: MetricFamily | undefined): number {
  if (family?.merge === 'max') return Math.max(a, b)
  return family?.merge === 'min' ? Math.min(a, b) : a + b
}

function writeLabels(labels: readonly string[]): string {
  if (labels.length === 0) return ''
  const pairs: string[] = []
  for (let i = 0; i < labels.length; i += 2) pairs.push(`${labels[i]}="${escapeLabel(labels[i + 1] ?? '')}"`)
  return `{${pairs.join(',')}}`
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

export type MetricFormat = 'openmetrics' | 'prometheus'

/** The text that a scraper reads: OpenMetrics 1.0, or the older Prometheus text format 0.0.4. */
export function writeMetrics(
  samples: readonly Sample[],
  families: MetricFamilies,
  format: MetricFormat,
): string {
  const byFamily = Map.groupBy(samples, (each) => each.family)
  const lines: string[] = []
  for (const [name, { kind, help }] of Object.entries(families)) {
    const found = byFamily.get(name)
    if (found === undefined) continue
    // In the older format a counter is called by its whole name.
    const called = kind === 'counter' && format === 'prometheus' ? `${name}_total` : name
    lines.push(`# HELP ${called} ${help.replaceAll('\\', '\\\\')}`, `# TYPE ${called} ${kind}`)
    for (const { series, value } of found) lines.push(`${series} ${writeNumber(value)}`)
  }
  if (format === 'openmetrics') lines.push('# EOF')
  return `${lines.join('\n')}\n`
}

function writeNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf'
}
