import { execFileSync } from 'node:child_process'
import { median } from '../measure/statistics.ts'
import { availableCores, divide } from '../process/core.ts'
import { jsonLines } from '../process/line.ts'
import { nodeProgram, startProcess } from '../process/start-process.ts'
import { describeMachine } from '../report/machine.ts'
import { formatCells } from '../report/table.ts'
import { type Asked, type Driven, drive } from './drive.ts'
import { order } from './supply.ts'
import { type TokenCase, tokenCases } from './token-case.ts'
import { CONNECTIONS, type Supply, type TokenSite } from './token-site.ts'

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
  { name: 'bare', program: 'token/serve-bare.ts' },
  { name: 'ours', program: 'token/serve-portcullis.ts' },
] as const
type ServerName = (typeof servers)[number]['name']

/** One case, the median over the rounds. */
export interface TokenSummary {
  readonly bench: 'tokens'
  readonly case: string
  /** CPU time of ours for one answer; its store is in a file, as it is installed. */
  readonly cpuMicros: number
  readonly perSecond: number
  /** To oidc-provider as it comes, whose store is in memory, in the same round. */
  readonly xBare: number
  readonly bareMicros: number
}

const FIRST_WARM_UP_MILLIS = 4_000
const WARM_UP_MILLIS = 500

/** `npm run bench -- tokens`: what a token costs our authorization server, beside bare oidc-provider in the same rounds. */
export async function benchTokens(options: TokensOptions): Promise<void> {
  const { signal, json, print, rounds, seconds } = options
  const wanted = chooseTokenCases(options.cases)
  const cores = divide(availableCores())
  // Callers are in this process.
  if (cores !== undefined) execFileSync('taskset', ['-acp', cores.others, String(process.pid)])
  await using opened = new AsyncDisposableStack()
  const asked = new Map<ServerName, Asked>()
  for (const { name, program } of servers) {
    const started = opened.use(await startProcess(nodeProgram(program, cores?.measured, [], ['--expose-gc'])))
    const answers = jsonLines(started.output, started.complaints)
    const site = await answers.next<TokenSite>()
    const supply = (what: Supply, count: number) => order(started.input, answers, { supply: what, count })
    asked.set(name, { site, pid: started.pid, supply })
  }
  if (!json) print(describeMachine([], cores))
  const rows: TokenSummary[] = []
  for (const one of wanted) {
    const callers = new Map(
      Array.from(asked, ([name, { site }]) => [
        name,
        Array.from({ length: CONNECTIONS }, (_, connection) => one.open(site, connection)),
      ]),
    )
    const measured: Record<ServerName, Driven>[] = []
    for (let round = 1; round <= rounds; round++) {
      const warmUpMillis = round === 1 ? FIRST_WARM_UP_MILLIS : WARM_UP_MILLIS
      const times = { warmUpMillis, millis: seconds * 1000 }
      const results: [string, Driven][] = []
      for (const [name, each] of asked) {
        signal.throwIfAborted()
        results.push([name, await drive(each, callers.get(name) ?? [], one.uses, times, signal)])
      }
      measured.push(Object.fromEntries(results) as Record<ServerName, Driven>)
    }
    rows.push(summarizeTokens(one.name, measured))
    if (!json) print(`${one.name}: done`)
  }
  if (!json) print(`\n${tableOf(rows)}\n`)
  for (const row of rows) print(JSON.stringify(row))
}

function summarizeTokens(name: string, rounds: readonly Record<ServerName, Driven>[]): TokenSummary {
  const cost = ({ cpuMicros, requests }: Driven): number => cpuMicros / requests
  const middle = (value: (round: Record<ServerName, Driven>) => number, digits: number): number =>
    Number(median(rounds.map(value)).toFixed(digits))
  return {
    bench: 'tokens',
    case: name,
    cpuMicros: middle(({ ours }) => cost(ours), 0),
    perSecond: middle(({ ours }) => ours.requests / ours.seconds, 0),
    xBare: middle(({ ours, bare }) => cost(ours) / cost(bare), 2),
    bareMicros: middle(({ bare }) => cost(bare), 0),
  }
}

function tableOf(rows: readonly TokenSummary[]): string {
  return formatCells([
    ['case', 'CPU µs', 'a second', '× bare', 'bare CPU µs'],
    ...rows.map((row) => [
      row.case,
      row.cpuMicros.toFixed(0),
      row.perSecond.toFixed(0),
      row.xBare.toFixed(2),
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
