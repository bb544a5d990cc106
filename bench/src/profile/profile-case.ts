import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBenchSite } from '../bench-site.ts'
import { chooseCases } from '../case.ts'
import { formatCells } from '../report/table.ts'
import { startPortcullis } from '../subject/portcullis.ts'
import { untilAnswering } from '../subject/start-subjects.ts'
import {
  type CpuProfile,
  type FunctionTime,
  summarizeByOwner,
  summarizeProfile,
} from './summarize-profile.ts'

export interface ProfileOptions {
  readonly seconds: number
  readonly cases: readonly string[]
  readonly connections: number
  /** How many functions are told. */
  readonly top: number
  readonly signal: AbortSignal
  print(line: string): void
}

const WARM_UP_MILLIS = 3_000
const SAMPLE_MICROS = 250

/** `npm run bench -- profile`: where the gateway's CPU time goes, function by function, for every request of a case. */
export async function profileCase(options: ProfileOptions): Promise<void> {
  const name = options.cases[0] ?? 'plain'
  const chosen = chooseCases([name]).find((each) => each.name === name)
  const operations = Number(/^portcullis-(\d+)$/.exec(chosen?.subject ?? '')?.[1])
  if (chosen === undefined || Number.isNaN(operations))
    throw new RangeError(`"${name}" is no case of the gateway`)
  await using opened = new AsyncDisposableStack()
  const site = await openBenchSite(opened)
  const folder = join(site.folder, 'profile')
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-interval=${SAMPLE_MICROS}`]
  const subject = opened.use(await startPortcullis(site, operations, { nodeOptions: flags }))
  await untilAnswering(subject, options.signal)
  const { port, pid } = subject
  const { connections, seconds } = options
  const order = { port, pid, connections, warmUpMillis: WARM_UP_MILLIS, millis: seconds * 1000 }
  const run = await site.load(order, chosen.work)
  // The profile is written when the process ends.
  await subject[Symbol.asyncDispose]()
  const functions = readdirSync(folder).flatMap((file) => {
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile
    return summarizeProfile(profile, run.fromMicros, run.toMicros)
  })
  const { print, top } = options
  print(`${name}: ${run.requests} requests in ${seconds} s, ${run.failures} failed\n`)
  // A profile tells shares. Its times are those of the wall, and grow when others want the core as well.
  const sampled = functions.reduce((sum, each) => sum + each.micros, 0)
  const scale = run.cpuMicros / run.requests / sampled
  print(tableOf(summarizeByOwner(functions), scale))
  print('')
  print(tableOf(functions.toSorted((a, b) => b.micros - a.micros).slice(0, top), scale))
}

function tableOf(functions: readonly FunctionTime[], scale: number): string {
  const perRequest = (micros: number): string => (micros * scale).toFixed(2)
  const total = functions.reduce((sum, each) => sum + each.micros, 0)
  return formatCells([
    ['where', 'µs a request', ''],
    ...functions.map(({ name, place, micros }) => [name, perRequest(micros), place]),
    ['together', perRequest(total), ''],
  ])
}
