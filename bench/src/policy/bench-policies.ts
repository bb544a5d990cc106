import { cpus } from 'node:os'
import { median } from '../measure/statistics.ts'
import { formatCells } from '../report/table.ts'
import { openIssuer } from '../world/issuer.ts'
import { type Calls, openCalls } from './open-calls.ts'
import { choosePolicyCases, type PolicyCase } from './policy-case.ts'

export interface PoliciesOptions {
  /** Of one measurement. */
  readonly seconds: number
  readonly rounds: number
  /** Names of cases; none means all. */
  readonly cases: readonly string[]
  /** Nothing but one JSON line for each case. */
  readonly json: boolean
  readonly signal: AbortSignal
  print(line: string): void
}

/** One case, the median over its rounds. */
export interface PolicySummary {
  readonly bench: 'policies'
  readonly case: string
  /** CPU time of a whole call inside the gateway, from the request's fields to the reply's, its record handed on. */
  readonly cpuMicros: number
  /** Of that, what is above the case without it. */
  readonly addsMicros: number | null
  /** That case. */
  readonly over: string | null
}

const WARM_UP_CALLS = 30_000
const SLICE_CALLS = 2_000

/** `npm run bench -- policies`: CPU time of each policy, case after case in turn, round after round. */
export async function benchPolicies(options: PoliciesOptions): Promise<void> {
  const { signal, json, print, rounds } = options
  await using opened = new AsyncDisposableStack()
  const issuer = openIssuer()
  const chosen: [PolicyCase, Calls][] = []
  for (const each of choosePolicyCases(options.cases)) {
    chosen.push([each, opened.use(await openCalls(each, issuer))])
  }
  if (!json) print(`${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}, one thread`)
  for (const [, calls] of chosen) await calls.make(WARM_UP_CALLS)

  const measured = new Map(chosen.map(([{ name }]): [string, number[]] => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const [{ name }, calls] of chosen) {
      signal.throwIfAborted()
      measured.get(name)?.push(await measure(calls, options.seconds * 1000))
    }
    if (!json) print(`round ${round} of ${rounds}`)
  }
  const summaries = summarizePolicies(
    chosen.map(([each]) => each),
    measured,
  )
  if (!json) print(`\n${tableOf(summaries)}\n`)
  for (const summary of summaries) print(JSON.stringify(summary))
}

/** CPU microseconds a call, of the whole process: the garbage that calls leave is theirs. */
async function measure(calls: Calls, millis: number): Promise<number> {
  const until = performance.now() + millis
  const before = process.cpuUsage()
  let made = 0
  for (; performance.now() < until; made += SLICE_CALLS) {
    await calls.make(SLICE_CALLS)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / made
}

export function summarizePolicies(
  cases: readonly PolicyCase[],
  measured: ReadonlyMap<string, readonly number[]>,
): PolicySummary[] {
  const cpu = (name: string): number => median(measured.get(name) ?? [])
  return cases.map(({ name, over }) => ({
    bench: 'policies',
    case: name,
    cpuMicros: round(cpu(name)),
    addsMicros: over === undefined ? null : round(cpu(name) - cpu(over)),
    over: over ?? null,
  }))
}

function tableOf(summaries: readonly PolicySummary[]): string {
  return formatCells([
    ['case', 'CPU µs', 'adds µs', 'over'],
    ...summaries.map((each) => [
      each.case,
      each.cpuMicros.toFixed(2),
      each.addsMicros?.toFixed(2) ?? '',
      each.over ?? '',
    ]),
  ])
}

function round(value: number): number {
  return Number(value.toFixed(2))
}
