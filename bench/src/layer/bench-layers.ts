import { openBenchSite } from '../bench-site.ts'
import { median } from '../measure/statistics.ts'
import { jsonLines } from '../process/line.ts'
import { nodeProgram, startProcess } from '../process/start-process.ts'
import { describeMachine } from '../report/machine.ts'
import { formatCells } from '../report/table.ts'
import { installedPrograms, startSubject, untilAnswering } from '../subject/start-subjects.ts'
import type { Site, Subject } from '../subject/subject.ts'
import { layers } from './layer.ts'

export interface LayersOptions {
  /** Of one measurement. */
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
  /** Nothing but one JSON line for each layer. */
  readonly json: boolean
  readonly signal: AbortSignal
  print(line: string): void
}

/** One layer, the median over the rounds. */
interface LayerSummary {
  readonly bench: 'layers'
  readonly case: string
  readonly cpuMicros: number
  readonly xNginx: number | null
}

const FIRST_WARM_UP_MILLIS = 3_000
const WARM_UP_MILLIS = 300

/**
 * `npm run bench -- layers`: the case `plain` through ever more of the gateway, each layer in a process of its own, in
 * turn, round after round. A ratio is that to nginx in the same round, so that it counts on a busy machine too.
 */
export async function benchLayers(options: LayersOptions): Promise<void> {
  const { signal, json, print, rounds, connections, seconds } = options
  await using opened = new AsyncDisposableStack()
  const site = await openBenchSite(opened)
  const installed = installedPrograms()
  const subjects = new Map<string, Subject>()
  const nginx = await startSubject('nginx', site, installed)
  if (nginx !== undefined) subjects.set('nginx', opened.use(nginx))
  for (const { name } of layers) subjects.set(name, opened.use(await startLayer(name, site)))
  const gateway = await startSubject('portcullis-10', site, installed)
  if (gateway !== undefined) subjects.set('gateway', opened.use(gateway))
  for (const each of subjects.values()) await untilAnswering(each, signal)
  if (!json) print(describeMachine(installed, site.cores))

  const measured = new Map([...subjects.keys()].map((name): [string, Measured[]] => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    let beside: number | null = null
    for (const [name, { port, pid }] of subjects) {
      signal.throwIfAborted()
      const warmUpMillis = round === 1 ? FIRST_WARM_UP_MILLIS : WARM_UP_MILLIS
      const run = await site.load({ port, pid, connections, warmUpMillis, millis: seconds * 1000 }, 'small')
      if (run.failures > 0 || run.requests === 0) throw new Error(`${name}: ${run.failure ?? 'no replies'}`)
      const cpuMicros = run.cpuMicros / run.requests
      if (name === 'nginx') beside = cpuMicros
      measured.get(name)?.push({ cpuMicros, xNginx: beside === null ? null : cpuMicros / beside })
    }
    if (!json) print(`round ${round} of ${rounds}`)
  }
  const summaries = Array.from(measured, ([name, all]) => summarizeLayer(name, all))
  if (!json) print(`\n${tableOf(summaries)}\n`)
  for (const each of summaries) print(JSON.stringify(each))
}

interface Measured {
  readonly cpuMicros: number
  readonly xNginx: number | null
}

async function startLayer(name: string, site: Site): Promise<Subject> {
  const program = nodeProgram('layer/run-layer.ts', site.cores?.measured, [name, `${site.upstreamPort}`])
  const started = await startProcess(program)
  const { port } = await jsonLines(started.output, started.complaints).next<{ port: number }>()
  return { ...started, port }
}

export function summarizeLayer(name: string, all: readonly Measured[]): LayerSummary {
  const ratios = all.flatMap(({ xNginx }) => xNginx ?? [])
  return {
    bench: 'layers',
    case: name,
    cpuMicros: Number(median(all.map((each) => each.cpuMicros)).toFixed(1)),
    xNginx: ratios.length === 0 ? null : Number(median(ratios).toFixed(2)),
  }
}

function tableOf(summaries: readonly LayerSummary[]): string {
  const words = new Map<string, string>([
    ...layers.map(({ name, does }): [string, string] => [name, does]),
    ['gateway', 'the gateway as an operator starts it: records go to a control plane'],
  ])
  return formatCells([
    ['layer', 'CPU µs', '× nginx', 'what it is'],
    ...summaries.map((each) => [
      each.case,
      each.cpuMicros.toFixed(1),
      each.xNginx?.toFixed(2) ?? '',
      words.get(each.case) ?? '',
    ]),
  ])
}
