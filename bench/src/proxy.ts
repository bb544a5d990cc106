import { openBenchSite } from './bench-site.ts'
import { type Case, chooseCases, type SubjectName } from './case.ts'
import type { RunResult } from './load/run.ts'
import { describeMachine } from './report/machine.ts'
import { type Summary, summarize } from './report/summary.ts'
import { formatTable } from './report/table.ts'
import { installedPrograms, startSubject, untilAnswering } from './subject/start-subjects.ts'
import type { Subject } from './subject/subject.ts'

export interface ProxyOptions {
  /** Of one measurement. */
  readonly seconds: number
  readonly rounds: number
  /** Names of cases; none means all. */
  readonly cases: readonly string[]
  /** Nothing but one JSON line for each case. */
  readonly json: boolean
  readonly connections: number
  readonly signal: AbortSignal
  print(line: string): void
}

const FIRST_WARM_UP_MILLIS = 3_000
const WARM_UP_MILLIS = 500

/** `npm run bench -- proxy`: the same load on all, in turn, round after round. */
export async function benchProxy(options: ProxyOptions): Promise<void> {
  const { signal, json, print } = options
  const chosen = chooseCases(options.cases)
  await using opened = new AsyncDisposableStack()
  const site = await openBenchSite(opened)
  const installed = installedPrograms()
  const subjects = new Map<SubjectName, Subject>()
  for (const name of new Set(chosen.map((each) => each.subject))) {
    signal.throwIfAborted()
    const subject = await startSubject(name, site, installed)
    if (subject === undefined) continue
    subjects.set(name, opened.use(subject))
    await untilAnswering(subject, signal, name.endsWith('-tls'))
  }
  if (!json) print(describeMachine(installed, site.cores))

  const runnable = chosen.filter((each) => subjects.has(each.subject))
  const rounds = new Map<string, RunResult[]>(runnable.map((each) => [each.name, []]))
  for (let round = 1; round <= options.rounds; round++) {
    for (const each of runnable) {
      signal.throwIfAborted()
      const { port, pid } = subjects.get(each.subject) as Subject
      const warmUpMillis = round === 1 ? FIRST_WARM_UP_MILLIS : WARM_UP_MILLIS
      const { connections, seconds } = options
      const order = { port, pid, connections, warmUpMillis, millis: seconds * 1000 }
      const result = await unlessAborted(signal, site.load(order, each.work))
      demandSuccess(each, result)
      rounds.get(each.name)?.push(result)
      if (!json) print(`round ${round} of ${options.rounds}: ${progressOf(each, result)}`)
    }
  }
  const summaries = summarize(runnable, rounds)
  if (!json) print(`\n${formatTable(summaries)}\n`)
  for (const summary of summaries satisfies Summary[]) print(JSON.stringify(summary))
}

function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
}

/** A refusal is quicker than a reply: a case with failures would lie. */
function demandSuccess({ name }: Case, { requests, failures, failure }: RunResult): void {
  if (failures === 0 && requests > 0) return
  throw new Error(
    `${name}: ${failures} of ${requests + failures} requests failed, one of them with: ${failure}`,
  )
}

function progressOf({ name }: Case, { cpuMicros, requests, seconds }: RunResult): string {
  return `${name} ${(cpuMicros / requests).toFixed(1)} µs, ${Math.round(requests / seconds)}/s`
}
