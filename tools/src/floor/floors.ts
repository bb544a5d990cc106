import { matchesGlob } from 'node:path'
import type { Tree } from '../tree.ts'

/** floors.json: who may import whom. Globs are relative to the root of the repository. */
export interface Floors {
  /** Folders of packages, the lowest floor first. Imports only go down; those on one floor never meet. */
  readonly floors: readonly (readonly string[])[]
  /** Folders of packages that may use third-party packages. */
  readonly thirdParty: readonly string[]
  /** By folder and third-party package: why this one may be used all the same. */
  readonly exceptions: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** By file: why it may import modules whose names are computed, which no floor can hold. */
  readonly computed: Readonly<Record<string, string>>
  /** Files that do no I/O and read no clock, and the modules of Node that they may still use. The first glob counts. */
  readonly pure: Readonly<Record<string, readonly string[]>>
  /** Files that are tests, and what they may use beyond what their package may. */
  readonly tests: { readonly files: readonly string[]; readonly packages: readonly string[] }
}

const KEYS = ['floors', 'thirdParty', 'exceptions', 'computed', 'pure', 'tests']

/** Throws a `SyntaxError` where it is no JSON and a `TypeError` where it has other keys than those above. */
export function floorsOf(tree: Tree): Floors {
  const found = JSON.parse(tree.read('floors.json')) as Record<string, unknown>
  const wrong = [
    ...KEYS.filter((key) => !(key in found)).map((key) => `"${key}" is missing`),
    ...Object.keys(found)
      .filter((key) => !KEYS.includes(key))
      .map((key) => `"${key}" is not known`),
  ]
  if (wrong.length > 0) throw new TypeError(wrong.join('; '))
  return found as unknown as Floors
}

export function matchesAny(path: string, globs: readonly string[]): boolean {
  return globs.some((glob) => matchesGlob(path, glob))
}

/** Counted from 0, the lowest. */
export function floorOf(floors: Floors, folder: string): number | undefined {
  const floor = floors.floors.findIndex((globs) => matchesAny(folder, globs))
  return floor === -1 ? undefined : floor
}

export function isTest(floors: Floors, file: string): boolean {
  return matchesAny(file, floors.tests.files)
}

/** The modules of Node that a pure file may use; `undefined` when it is not bound to be pure. */
export function builtinsOfPure(floors: Floors, file: string): readonly string[] | undefined {
  if (isTest(floors, file)) return undefined
  return Object.entries(floors.pure).find(([glob]) => matchesGlob(file, glob))?.[1]
}

export function mayUse(floors: Floors, folder: string, thirdParty: string): boolean {
  return matchesAny(folder, floors.thirdParty) || floors.exceptions[folder]?.[thirdParty] !== undefined
}
