import { cpus } from 'node:os'
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { compilePolicies } from '@portcullis/cedar/compile-policies'
import { entitiesOfJson, entityRefOfJson, recordOfJson } from '@portcullis/cedar/json'
import { parsePolicies } from '@portcullis/cedar/parse'
import type { CedarRequest } from '@portcullis/cedar/request'
import type { Json } from '@portcullis/kernel/json'
import { median } from '../measure/statistics.ts'
import { formatCells } from '../report/table.ts'
import { type PolicySetCase, policySetCase } from './policy-set.ts'

export interface CedarOptions {
  /** Of one measurement. */
  readonly seconds: number
  readonly rounds: number
  /** Nothing but one JSON line for each case. */
  readonly json: boolean
  readonly signal: AbortSignal
  print(line: string): void
}

const cases = [
  { name: 'cedar-10', count: 10, scoped: true },
  { name: 'cedar-100', count: 100, scoped: true },
  { name: 'cedar-1000', count: 1_000, scoped: true },
  { name: 'unscoped-100', count: 100, scoped: false },
  { name: 'unscoped-1000', count: 1_000, scoped: false },
]
const REQUESTS = 100

type Decide = (request: number) => string

/** `npm run bench -- cedar`: CPU time of one decision, by our compiled policies and by Cedar's own engine. */
export async function benchCedar(options: CedarOptions): Promise<void> {
  const { json, print, signal } = options
  if (!json) print(`${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}, one thread`)
  const rows: string[][] = [['case', 'CPU µs', "Cedar's engine", 'faster']]
  for (const { name, count, scoped } of cases) {
    const asked = Array.from({ length: REQUESTS }, (_, request) => policySetCase(count, request, scoped))
    const [ours, theirs] = [decideCompiled(asked), decideInWasm(asked, name)]
    for (let request = 0; request < REQUESTS; request++) {
      if (ours(request) !== theirs(request))
        throw new Error(`the engines differ: ${name}, request ${request}`)
    }
    const [our, their] = [await measure(ours, options), await measure(theirs, options)]
    signal.throwIfAborted()
    rows.push([name, our.toFixed(2), their.toFixed(0), `${(their / our).toFixed(0)} ×`])
    if (json)
      print(
        JSON.stringify({
          bench: 'cedar',
          case: name,
          cpuMicros: round(our),
          wasmMicros: round(their),
        }),
      )
  }
  if (!json) print(`\n${formatCells(rows)}`)
}

function round(micros: number): number {
  return Math.round(micros * 100) / 100
}

function decideCompiled(asked: readonly PolicySetCase[]): Decide {
  const parsed = parsePolicies(asked[0]?.policies ?? '')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const policies = compilePolicies(parsed.value)
  const requests = asked.map(
    (one): CedarRequest => ({
      principal: entityRefOfJson({ ...one.principal }),
      action: entityRefOfJson({ ...one.action }),
      resource: entityRefOfJson({ ...one.resource }),
      context: recordOfJson(one.context as Json),
      entities: entitiesOfJson(one.entities as unknown as Json),
    }),
  )
  return (request) => policies.isAuthorized(requests[request] as CedarRequest).decision
}

/** With its policies parsed beforehand, which is the fastest that it offers. */
function decideInWasm(asked: readonly PolicySetCase[], name: string): Decide {
  preparsePolicySet(name, { staticPolicies: asked[0]?.policies ?? '' })
  const requests = asked.map(({ policies: _, ...one }) => ({
    ...one,
    preparsedPolicySetId: name,
  }))
  return (request) => {
    const answer = statefulIsAuthorized(requests[request] as (typeof requests)[number])
    if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors))
    return answer.response.decision
  }
}

/** CPU microseconds of the median request. */
async function measure(decide: Decide, { seconds, rounds, signal }: CedarOptions): Promise<number> {
  const each = Array.from({ length: REQUESTS }, (): number[] => [])
  for (let round = 0; round <= rounds; round++) {
    signal.throwIfAborted()
    for (const [request, figures] of each.entries()) {
      const micros = measureOne(decide, request, (seconds * 1_000) / REQUESTS)
      // The first round warms up.
      if (round > 0) figures.push(micros)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  return median(each.map(median))
}

function measureOne(decide: Decide, request: number, millis: number): number {
  const until = performance.now() + millis
  const before = process.cpuUsage()
  let made = 0
  while (performance.now() < until) {
    for (let more = 0; more < 20; more++) decide(request)
    made += 20
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / made
}
