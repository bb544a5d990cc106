import { histogramSamples, type Sample, sample } from '@portcullis/kernel/metric'
import type { Outcome } from '@portcullis/model/decision/decision'
import type { Revision, RevisionApi } from '@portcullis/model/revision'
import type { End } from '../record/describe-decision.ts'

/** Upper bounds in seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const OUTCOMES: readonly Outcome[] = ['allowed', 'answered', 'refused', 'failed']
const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx']
/** API versions that are told apart in one life of a thread; above that they are counted together. */
const MAX_APIS = 2_000
const MAX_CODES = 500
const OTHER = 'other'

/** Counts the calls of a thread. Counting allocates nothing, once the first call of an API version has been counted. */
export interface Tally {
  /** `api` is absent where no operation matched, `revision` where no environment answered. */
  count(revision: Revision | undefined, api: RevisionApi | undefined, end: End): void
  samples(): Sample[]
}

/** Of one API version in one environment. */
interface Counts {
  readonly labels: readonly string[]
  readonly calls: Float64Array
  readonly total: Times
  readonly upstream: Times
}

interface Times {
  readonly buckets: Float64Array
  sum: number
}

export function openTally(): Tally {
  const all = new Map<string, Counts>()
  // A revision's own objects find their counts without a name being put together.
  const known = new WeakMap<object, Counts>()
  const codes = new Map<string, number>()

  function countsOf(revision: Revision | undefined, api: RevisionApi | undefined): Counts {
    const holder = api ?? revision
    const found = holder && known.get(holder)
    if (found !== undefined) return found
    const counts = named(revision, api)
    if (holder !== undefined) known.set(holder, counts)
    return counts
  }

  function named(revision: Revision | undefined, api: RevisionApi | undefined): Counts {
    const { organization = 'none', environment = 'none' } = revision ?? {}
    const own = [organization, environment, api?.api ?? 'none', api?.version ?? 'none']
    const names = all.has(own.join('/')) || all.size < MAX_APIS ? own : [OTHER, OTHER, OTHER, OTHER]
    const key = names.join('/')
    const present = all.get(key)
    if (present !== undefined) return present
    const made: Counts = {
      labels: ['organization', 'environment', 'api', 'version'].flatMap((label, i) => [
        label,
        names[i] as string,
      ]),
      calls: new Float64Array(OUTCOMES.length * CLASSES.length),
      total: { buckets: new Float64Array(BOUNDS.length + 1), sum: 0 },
      upstream: { buckets: new Float64Array(BOUNDS.length + 1), sum: 0 },
    }
    all.set(key, made)
    return made
  }

  return {
    count(revision, api, { outcome, status, code, upstream, millis }) {
      const counts = countsOf(revision, api)
      const at = OUTCOMES.indexOf(outcome) * CLASSES.length + Math.trunc(status / 100) - 1
      counts.calls[at] = (counts.calls[at] ?? 0) + 1
      note(counts.total, millis / 1_000)
      if (upstream !== undefined) note(counts.upstream, upstream.micros / 1_000_000)
      if (code === undefined) return
      const name = codes.has(code) || codes.size < MAX_CODES ? code : OTHER
      codes.set(name, (codes.get(name) ?? 0) + 1)
    },
    samples: () => [
      ...[...all.values()].flatMap(samplesOf),
      ...Array.from(codes, ([code, count]) =>
        sample('portcullis_refusals', 'counter', ['code', code], count),
      ),
    ],
  }
}

function note(times: Times, seconds: number): void {
  let i = 0
  while (i < BOUNDS.length && seconds > (BOUNDS[i] as number)) i++
  times.buckets[i] = (times.buckets[i] ?? 0) + 1
  times.sum += seconds
}

function samplesOf({ labels, calls, total, upstream }: Counts): Sample[] {
  const counted = OUTCOMES.flatMap((outcome, o) =>
    CLASSES.flatMap((status, c) => {
      const count = calls[o * CLASSES.length + c] ?? 0
      if (count === 0) return []
      return [sample('portcullis_calls', 'counter', [...labels, 'outcome', outcome, 'status', status], count)]
    }),
  )
  return [
    ...counted,
    ...histogramSamples('portcullis_call_duration_seconds', labels, BOUNDS, total.buckets, total.sum),
    ...(upstream.buckets.some((count) => count > 0)
      ? histogramSamples(
          'portcullis_upstream_duration_seconds',
          labels,
          BOUNDS,
          upstream.buckets,
          upstream.sum,
        )
      : []),
  ]
}
