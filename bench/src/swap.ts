import { setTimeout as sleep } from 'node:timers/promises'
import { openBenchSite } from './bench-site.ts'
import type { RunResult } from './load/run.ts'
import { describeMachine } from './report/machine.ts'
import { formatCells } from './report/table.ts'
import { startPortcullis } from './subject/portcullis.ts'
import { installedPrograms, untilAnswering } from './subject/start-subjects.ts'

export interface SwapOptions {
  /** Of each of the three measurements. */
  readonly seconds: number
  readonly json: boolean
  readonly connections: number
  readonly signal: AbortSignal
  print(line: string): void
}

const OPERATIONS = 1_000
const RATE_PER_SECOND = 1_000
const WARM_UP_MILLIS = 3_000
/** Between the end of one change of the revision and the beginning of the next. */
const PAUSE_MILLIS = 250

/**
 * `npm run bench -- swap`: a revision of a thousand operations is put in force again and again while calls come at a
 * steady rate; what they wait before, meanwhile and afterwards.
 */
export async function benchSwap(options: SwapOptions): Promise<void> {
  const { seconds, connections, signal, json, print } = options
  await using opened = new AsyncDisposableStack()
  const site = await openBenchSite(opened)
  const subject = opened.use(await startPortcullis(site, OPERATIONS))
  await untilAnswering(subject, signal)
  if (!json) print(describeMachine(installedPrograms(), site.cores))
  const { port, pid, control } = subject
  const order = { port, pid, connections, millis: seconds * 1_000, ratePerSecond: RATE_PER_SECOND }
  const measure = (warmUpMillis: number): Promise<RunResult> =>
    site.load({ ...order, warmUpMillis }, 'fixed-rate')

  await control.prepare(Math.ceil((seconds * 1_000) / PAUSE_MILLIS))
  const before = await measure(WARM_UP_MILLIS)
  let isOver = false
  const during = measure(0).finally(() => {
    isOver = true
  })
  const swaps: number[] = []
  while (!isOver) {
    signal.throwIfAborted()
    const began = performance.now()
    const number = control.publish()
    while (control.acknowledged() < number && !isOver) await sleep(5)
    if (!isOver) swaps.push(performance.now() - began)
    await sleep(PAUSE_MILLIS)
  }
  const rows: [string, RunResult][] = [
    ['before', before],
    ['during', await during],
    ['after', await measure(0)],
  ]
  if (!json) {
    const head = ['', 'requests', 'failures', 'p50 ms', 'p99 ms', 'longest ms']
    const cells = rows.map(([name, run]) => [
      name,
      ...[run.requests, run.failures].map(String),
      ...[run.p50Ms, run.p99Ms, run.maxMs].map((each) => each.toFixed(2)),
    ])
    const mean = swaps.reduce((sum, each) => sum + each, 0) / Math.max(1, swaps.length)
    print(`\n${formatCells([head, ...cells])}\n`)
    print(
      `${swaps.length} revisions of ${OPERATIONS} operations, each in force after ${mean.toFixed(0)} ms\n`,
    )
  }
  for (const [name, { requests, failures, p50Ms, p99Ms, maxMs }] of rows) {
    print(JSON.stringify({ bench: 'swap', case: name, requests, failures, p50Ms, p99Ms, maxMs }))
  }
}
