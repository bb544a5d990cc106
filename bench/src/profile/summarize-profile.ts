import type { Profiler } from 'node:inspector'

/** The parts of a V8 CPU profile (a `.cpuprofile` file) that are read. Times are microseconds of CLOCK_MONOTONIC. */
export type CpuProfile = Pick<Profiler.Profile, 'nodes' | 'startTime' | 'samples' | 'timeDeltas'>

/** The time that was spent in a function itself, not in what it called. */
export interface FunctionTime {
  readonly name: string
  /** File and line, counted from 1; empty for what is no JavaScript. */
  readonly place: string
  readonly micros: number
}

/** Self time by function between two moments, the dearest first. `(idle)` is left out: it costs nothing. */
export function summarizeProfile(profile: CpuProfile, fromMicros: number, toMicros: number): FunctionTime[] {
  const frames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]))
  const times = new Map<string, { name: string; place: string; micros: number }>()
  let now = profile.startTime
  for (const [i, id] of (profile.samples ?? []).entries()) {
    const micros = profile.timeDeltas?.[i] ?? 0
    now += micros
    const frame = frames.get(id)
    if (now < fromMicros || now > toMicros || frame === undefined || frame.functionName === '(idle)') continue
    const { functionName, url, lineNumber } = frame
    const name = functionName === '' ? '(anonymous)' : functionName
    const place = url === '' ? '' : `${shortPath(url)}:${lineNumber + 1}`
    const key = `${name} ${place}`
    const known = times.get(key) ?? { name, place, micros: 0 }
    known.micros += micros
    times.set(key, known)
  }
  return [...times.values()].toSorted((a, b) => b.micros - a.micros)
}

/** Time by who wrote the code: one of our packages, a dependency, Node, or what is no JavaScript. */
export function summarizeByOwner(functions: readonly FunctionTime[]): FunctionTime[] {
  const groups = Map.groupBy(functions, ({ name, place }) => ownerOf(name, place))
  return [...groups]
    .map(([name, all]) => ({ name, place: '', micros: all.reduce((sum, each) => sum + each.micros, 0) }))
    .toSorted((a, b) => b.micros - a.micros)
}

function ownerOf(name: string, place: string): string {
  if (place.startsWith('node:')) return 'Node'
  const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(place)?.[1]
  if (dependency !== undefined) return dependency
  const folder = /^((?:packages\/adapters|packages|apps)\/[^/]+)\//.exec(place)?.[1]
  if (folder !== undefined) return folder
  // What V8 itself does has no file: `(garbage collector)`; `(program)` is native code outside of any function.
  return name.startsWith('(') ? name : 'built into V8 and Node'
}

/** From the repository's folder on. */
function shortPath(url: string): string {
  const at = /\/((?:node_modules|packages|apps|bench)\/.*)$/.exec(url)?.[1]
  return at ?? url
}
