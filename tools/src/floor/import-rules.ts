import { isBuiltin } from 'node:module'
import { posix } from 'node:path'
import { builtinsOfPure, type Floors, floorOf, isTest, mayUse } from './floors.ts'
import type { Import } from './import.ts'
import type { Manifest, Workspace } from './workspace.ts'

/** All that is known when one import is judged. */
export interface ImportPlace {
  readonly file: string
  readonly taken: Import
  /** The package that the file belongs to. */
  readonly home: Workspace
  readonly workspaces: readonly Workspace[]
  readonly root: Manifest
  readonly floors: Floors
}

export interface Objection {
  readonly what: string
  readonly mend: string
}

/** Every kind of import, in the order in which they are told apart, and the rules that it is judged by. */
const kinds: readonly {
  readonly is: (specifier: string, place: ImportPlace) => boolean
  readonly rules: readonly ((place: ImportPlace) => Objection | undefined)[]
}[] = [
  { is: (_, { taken }) => taken.computed, rules: [computedStaysNear] },
  { is: (specifier) => /^\.\.?\//.test(specifier), rules: [staysInPackage] },
  { is: (specifier) => isBuiltin(specifier), rules: [namesItsScheme, isAllowedWherePure] },
  { is: (_, place) => ownPackage(place) !== undefined, rules: [isNotItself, goesDown, isDeclared] },
  { is: (specifier) => /^(@portcullis\/|[^@a-z])|:/.test(specifier), rules: [isUnknown] },
  { is: () => true, rules: [isThirdPartyAllowed, isDeclared] },
]

/** What is wrong with an import; `undefined` when nothing. */
export function objectionTo(place: ImportPlace): Objection | undefined {
  const kind = kinds.find(({ is }) => is(place.taken.specifier, place))
  for (const rule of kind?.rules ?? []) {
    const objection = rule(place)
    if (objection !== undefined) return objection
  }
  return undefined
}

/** `@hono/zod-openapi/types` → `@hono/zod-openapi`; `hono/cors` → `hono`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function ownPackage({ taken, workspaces }: ImportPlace): Workspace | undefined {
  const name = packageOf(taken.specifier)
  return workspaces.find((each) => each.name === name)
}

/** A test may look for what it needs: it takes nobody with it. */
function computedStaysNear({ file, taken, floors }: ImportPlace): Objection | undefined {
  if (isTest(floors, file) || floors.computed[file] !== undefined) return undefined
  if (taken.specifier.startsWith('./') && !taken.specifier.includes('..')) return undefined
  return {
    what: 'imports a module whose name is computed, so that no floor can be held.',
    mend: 'Name it in full, let it begin with a fixed "./", or say why not under "computed" in floors.json.',
  }
}

function staysInPackage({ file, taken, home }: ImportPlace): Objection | undefined {
  const target = posix.join(posix.dirname(file), taken.specifier)
  if (target.startsWith(`${home.folder}/`)) return undefined
  return {
    what: `imports "${taken.specifier}", which lies outside of ${home.folder}.`,
    mend: 'Import it by the name of its package, @portcullis/…, and declare that package.',
  }
}

function namesItsScheme({ taken }: ImportPlace): Objection | undefined {
  if (taken.specifier.startsWith('node:')) return undefined
  return { what: `imports "${taken.specifier}" of Node.`, mend: `Write "node:${taken.specifier}".` }
}

function isAllowedWherePure({ file, taken, floors }: ImportPlace): Objection | undefined {
  const allowed = builtinsOfPure(floors, file)
  if (allowed === undefined || allowed.includes(taken.specifier)) return undefined
  const list = allowed.length === 0 ? 'none' : allowed.join(', ')
  return {
    what: `imports "${taken.specifier}", but may use no module of Node that does I/O or reads a clock (allowed: ${list}).`,
    mend: 'Take what it needs as an argument or through a port.',
  }
}

function isNotItself(place: ImportPlace): Objection | undefined {
  if (ownPackage(place)?.folder !== place.home.folder) return undefined
  return {
    what: `imports its own package as "${place.taken.specifier}".`,
    mend: 'Import it by its relative path.',
  }
}

function goesDown(place: ImportPlace): Objection | undefined {
  const { home, floors, taken } = place
  const target = (ownPackage(place) as Workspace).folder
  const [from, to] = [floorOf(floors, home.folder), floorOf(floors, target)]
  if (from === undefined || to === undefined || to < from) return undefined
  const relation = to === from ? 'on the same floor' : 'on a higher floor'
  return {
    what: `imports "${taken.specifier}": ${target} is ${relation} (${to}) as seen from ${home.folder} (${from}).`,
    mend: 'Imports only go down: move what both need to a lower floor, or take it as an argument.',
  }
}

function isUnknown({ taken }: ImportPlace): Objection {
  return {
    what: `imports "${taken.specifier}", which is neither a package of ours nor one of npm.`,
    mend: 'Mend its spelling, or import a package.',
  }
}

function isThirdPartyAllowed({ file, taken, home, floors }: ImportPlace): Objection | undefined {
  const name = packageOf(taken.specifier)
  if (mayUse(floors, home.folder, name)) return undefined
  if (isTest(floors, file) && floors.tests.packages.includes(name)) return undefined
  return {
    what: `imports the third-party package "${name}", which ${home.folder} may not use.`,
    mend: 'Put it behind a port and into an adapter, or add an exception with its reason to floors.json.',
  }
}

/** npm hoists every package, so what is not declared works here and breaks elsewhere. */
function isDeclared({ file, taken, home, root, floors }: ImportPlace): Objection | undefined {
  const name = packageOf(taken.specifier)
  if (home.manifest.dependencies?.[name] !== undefined) return undefined
  const mayBeDevelopment = taken.typeOnly || isTest(floors, file)
  if (mayBeDevelopment && home.manifest.devDependencies?.[name] !== undefined) return undefined
  if (floors.tests.packages.includes(name) && isTest(floors, file) && root.devDependencies?.[name]) {
    return undefined
  }
  return {
    what: `imports "${name}", which ${home.folder}/package.json does not declare.`,
    mend: `Add "${name}" with its exact version to "dependencies" there and run npm install.`,
  }
}
