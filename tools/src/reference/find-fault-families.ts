import { globSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type FaultFamily, kindsOf } from '@portcullis/kernel/fault'

export interface FoundFamily {
  /** What stands before the dot in its codes. */
  readonly area: string
  /** Relative to the root. */
  readonly file: string
  readonly family: FaultFamily
}

/** `defineFaults('area'` as code writes it, over several lines where one is too short. */
const DECLARATION = /defineFaults\(\s*'([a-z0-9-]+)',(?!\s*\{\}\))/g

/**
 * Every family of faults that the sources declare, by area: found by reading, loaded by importing, so that no list has
 * to be kept. Throws where a family is not exported or two share an area.
 */
export async function findFaultFamilies(root: string): Promise<FoundFamily[]> {
  const files = globSync('{packages,apps}/**/src/**/*.ts', {
    cwd: root,
    exclude: ['**/node_modules/**', '**/*.test.ts', '**/test-kit/**'],
  })
  const found: FoundFamily[] = []
  for (const file of files.filter((each) => !each.startsWith(join('packages', 'kernel')))) {
    const areas = [...readFileSync(join(root, file), 'utf8').matchAll(DECLARATION)].map(
      (match) => match[1] as string,
    )
    if (areas.length > 0) found.push(...(await load(root, file, areas)))
  }
  const sorted = found.toSorted((a, b) => (a.area < b.area ? -1 : 1))
  const twice = sorted.find((each, index) => sorted[index + 1]?.area === each.area)
  if (twice !== undefined)
    throw new Error(`two families of faults are called "${twice.area}"; one is in ${twice.file}`)
  return sorted
}

async function load(root: string, file: string, areas: readonly string[]): Promise<FoundFamily[]> {
  const path = join(root, file)
  const module: Record<string, unknown> = await import(pathToFileURL(path).href)
  const families = Object.values(module).filter(isFamily)
  return areas.map((area) => {
    const family = families.find((each) => kindsOf(each)[0]?.code.startsWith(`${area}.`))
    if (family === undefined) throw new Error(`${file}: the faults of "${area}" are not exported`)
    return { area, file: relative(root, path), family }
  })
}

function isFamily(value: unknown): value is FaultFamily {
  if (typeof value !== 'object' || value === null) return false
  const kinds = Object.values(value)
  return (
    kinds.length > 0 &&
    kinds.every((kind) => typeof kind === 'function' && 'code' in kind && 'remedy' in kind)
  )
}
