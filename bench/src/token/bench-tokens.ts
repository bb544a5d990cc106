import { median } from '../measure/statistics.ts'
import { availableCores, divide } from '../process/core.ts'
import { jsonLines } from '../process/line.ts'
import { nodeProgram, type Started, startProcess } from '../process/start-process.ts'
import { describeMachine } from '../report/machine.ts'
import { formatCells } from '../report/table.ts'
import { type Driven, drive } from './drive.ts'
import { type TokenCase, tokenCases } from './token-case.ts'
import { CONNECTIONS, type TokenSite } from './token-site.ts'

export interface TokensOptions {
  /** Of one measurement. */
  readonly seconds: number
  readonly rounds: number
  readonly cases: readonly string[]
  /** Nothing but one JSON line for each case. */
  readonly json: boolean
  readonly signal: AbortSignal
  print(line: string): void
}

/** Who is asked: each in a process of its own, in turn. */
const servers = [
  { name: 'bare', program: 'token/serve-bare.ts', rest: [] },
  { name: 'sqlite', program: 'token/serve-portcullis.ts', rest: ['sqlite'] },
  { name: 'memory', program: 'token/serve-portcullis.ts', rest: ['memory'] },
] as const
type ServerName = (typeof servers)[number]['name']

/** One case, the median over the rounds. */
export interface TokenSummary {
  readonly bench: 'tokens'
  readonly case: string
  /** CPU time of ours with its store in a file, as it is installed, for one answer. */
  readonly cpuMicros: number
  readonly perSecond: number
  /** To oidc-provider as it comes, whose store is in memory, in the same round. */
  readonly xBare: number
  /** The same for ours with a store in memory. */
  readonly xBareInMemory: number
  readonly bareMicros: number
}

const FIRST_WARM_UP_MILLIS = 4_000
const WARM_UP_MILLIS = 500

/** `npm run bench -- tokens`: what a token costs our authorization server, beside bare oidc-provider in the same rounds. */
export async function benchTokens(options: TokensOptions): Promise<void> {
  const { signal, json, print, rounds, seconds } = options
  const wanted = chooseTokenCases(options.cases)
  const cores = divide(availableCores())
  await using opened = new AsyncDisposableStack()
  const asked = new Map<ServerName, { readonly site: TokenSite; readonly started: Started }>()
  for (const { name, program, rest } of servers) {
    const started = opened.use(await startProcess(nodeProgram(program, cores?.measured, rest)))
    const site = await jsonLines(started.output, started.complaints).next<TokenSite>()
    asked.set(name, { site, started })
  }
  if (!json) print(describeMachine([], cores))
  const rows: TokenSummary[] = []
  for (const each of wanted) {
    // They go on from round to round: what one of them got last is what it shows next.
    const callers = new Map(
      Array.from(asked, ([name, { site }]) => [
        name,
        Array.from({ length: CONNECTIONS }, (_, connection) => each.open(site, connection)),
      ]),
    )
    const measured: Record<ServerName, Driven>[] = []
    for (let round = 1; round <= rounds; round++) {
      const warmUpMillis = round === 1 ? FIRST_WARM_UP_MILLIS : WARM_UP_MILLIS
      const times = { warmUpMillis, millis: seconds * 1000 }
      const results: [string, Driven][] = []
      for (const [name, { site, started }] of asked) {
        signal.throwIfAborted()
        results.push([name, await drive(site, started.pid, callers.get(name) ?? [], times, signal)])
      }
      measured.push(Object.fromEntries(results) as Record<ServerName, Driven>)
    }
    rows.push(summarizeTokens(each.name, measured))
    if (!json) print(`${each.name}: done`)
  }
  if (!json) print(`\n${tableOf(rows)}\n`)
  for (const row of rows) print(JSON.stringify(row))
}

export function summarizeTokens(name: string, rounds: readonly Record<ServerName, Driven>[]): TokenSummary {
  const cost = ({ cpuMicros, requests }: Driven): number => cpuMicros / requests
  const middle = (value: (round: Record<ServerName, Driven>) => number, digits: number): number =>
    Number(median(rounds.map(value)).toFixed(digits))
  return {
    bench: 'tokens',
    case: name,
    cpuMicros: middle(({ sqlite }) => cost(sqlite), 0),
    perSecond: middle(({ sqlite }) => sqlite.requests / sqlite.seconds, 0),
    xBare: middle(({ sqlite, bare }) => cost(sqlite) / cost(bare), 2),
    xBareInMemory: middle(({ memory, bare }) => cost(memory) / cost(bare), 2),
    bareMicros: middle(({ bare }) => cost(bare), 0),
  }
}

function tableOf(rows: readonly TokenSummary[]): string {
  return formatCells([
    ['case', 'CPU µs', 'a second', '× bare', '× bare, ours in memory', 'bare CPU µs'],
    ...rows.map((row) => [
      row.case,
      row.cpuMicros.toFixed(0),
      row.perSecond.toFixed(0),
      row.xBare.toFixed(2),
      row.xBareInMemory.toFixed(2),
      row.bareMicros.toFixed(0),
    ]),
  ])
}

/** @throws RangeError for a name that is none. */
function chooseTokenCases(names: readonly string[]): readonly TokenCase[] {
  const unknown = names.find((name) => !tokenCases.some((each) => each.name === name))
  if (unknown !== undefined) {
    throw new RangeError(
      `there is no case ${unknown}; there are ${tokenCases.map(({ name }) => name).join(', ')}`,
    )
  }
  return names.length === 0 ? tokenCases : tokenCases.filter(({ name }) => names.includes(name))
}
