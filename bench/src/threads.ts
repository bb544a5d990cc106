import { openBenchSite } from './bench-site.ts'
import type { RunResult } from './load/run.ts'
import { median } from './measure/statistics.ts'
import { availableCores } from './process/core.ts'
import { describeMachine } from './report/machine.ts'
import { formatCells } from './report/table.ts'
import { startPortcullis } from './subject/portcullis.ts'
import { installedPrograms, untilAnswering } from './subject/start-subjects.ts'

export interface ThreadsOptions {
  /** Of one measurement. */
  readonly seconds: number
  readonly rounds: number
  readonly json: boolean
  readonly connections: number
  readonly signal: AbortSignal
  print(line: string): void
}

const THREADS = [1, 2]
const WARM_UP_MILLIS = 2_000

/**
 * `npm run bench -- threads`: the same load on a gateway with one thread and with two, each free to use every core. What
 * two threads bring where cores are free is told from the CPU time that a request takes them: threads that wait for each
 * other, or for the same lines of memory, would need more of it, or leave their cores idle.
 */
export async function benchThreads(options: ThreadsOptions): Promise<void> {
  const { seconds, rounds, connections, signal, json, print } = options
  await using opened = new AsyncDisposableStack()
  const site = await openBenchSite(opened)
  const subjects = new Map<number, Awaited<ReturnType<typeof startPortcullis>>>()
  for (const threads of THREADS) {
    const subject = opened.use(await startPortcullis({ ...site, cores: undefined }, 10, { threads }))
    await untilAnswering(subject, signal)
    subjects.set(threads, subject)
  }
  const cores = site.cores && { ...site.cores, measured: availableCores().join(',') }
  if (!json) print(describeMachine(installedPrograms(), cores))
  const runs = new Map<number, RunResult[]>(THREADS.map((threads) => [threads, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [threads, { port, pid }] of subjects) {
      signal.throwIfAborted()
      const order = { port, pid, connections, warmUpMillis: WARM_UP_MILLIS, millis: seconds * 1_000 }
      const result = await site.load(order, 'rs256-1000')
      if (result.failures > 0) throw new Error(`${result.failures} requests failed: ${result.failure}`)
      runs.get(threads)?.push(result)
    }
  }
  const told = THREADS.map((threads) => {
    const all = runs.get(threads) ?? []
    const of = (value: (run: RunResult) => number): number => median(all.map(value))
    return {
      threads,
      cpuMicros: of((run) => run.cpuMicros / run.requests),
      rps: of((run) => run.requests / run.seconds),
      coresUsed: of((run) => run.cpuMicros / run.seconds / 1e6),
    }
  })
  const one = told[0]?.cpuMicros ?? Number.NaN
  if (!json) {
    const cells = told.map(({ threads, cpuMicros, rps, coresUsed }) => [
      `${threads}`,
      cpuMicros.toFixed(1),
      rps.toFixed(0),
      coresUsed.toFixed(2),
      ((threads * one) / cpuMicros).toFixed(2),
    ])
    print(
      `\n${formatCells([['threads', 'CPU µs', 'requests/s', 'cores used', '× one thread, if all had cores'], ...cells])}\n`,
    )
  }
  for (const each of told) {
    print(JSON.stringify({ bench: 'threads', ...each, xOneThread: (each.threads * one) / each.cpuMicros }))
  }
}
