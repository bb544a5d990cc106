import type { Case } from '../case.ts'
import type { RunResult } from '../load/run.ts'
import { median } from '../measure/statistics.ts'

/** One case, over all its rounds: medians, and the ratios of its CPU time to that of others. */
export interface Summary {
  readonly bench: 'proxy'
  readonly case: string
  /** CPU time of the process, its threads and children, for one request. */
  readonly cpuMicros: number
  readonly rps: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly rssMb: number
  readonly xNginx: number | null
  readonly xHaproxy: number | null
  /** To HAProxy verifying the same kind of token; of cases with tokens alone. */
  readonly xHaproxyJwt: number | null
}

export type Rounds = ReadonlyMap<string, readonly RunResult[]>

/** The cases of which there are results, in their order. */
export function summarize(cases: readonly Case[], rounds: Rounds): Summary[] {
  const of = (name: string, value: (run: RunResult) => number): number =>
    median((rounds.get(name) ?? []).map(value))
  const cpu = (name: string): number => of(name, (run) => run.cpuMicros / run.requests)
  const ratio = (mine: string, other: string | undefined): number | null => {
    const value = other === undefined ? Number.NaN : cpu(mine) / cpu(other)
    return Number.isFinite(value) ? round(value, 2) : null
  }
  return cases
    .filter(({ name }) => rounds.has(name))
    .map(({ name, nginx, haproxy, haproxyJwt }) => ({
      bench: 'proxy',
      case: name,
      cpuMicros: round(cpu(name), 1),
      rps: Math.round(of(name, (run) => run.requests / run.seconds)),
      p50Ms: round(
        of(name, (run) => run.p50Ms),
        2,
      ),
      p99Ms: round(
        of(name, (run) => run.p99Ms),
        2,
      ),
      rssMb: Math.round(of(name, (run) => run.residentBytes / 1_048_576)),
      xNginx: ratio(name, nginx),
      xHaproxy: ratio(name, haproxy),
      xHaproxyJwt: ratio(name, haproxyJwt),
    }))
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
