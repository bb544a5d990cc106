import { matchesGlob } from 'node:path'
import type { Finding } from '../finding.ts'
import { isSource, SyntaxProblem } from '../syntax.ts'
import type { Tree } from '../tree.ts'
import { type Floors, floorOf, floorsOf } from './floors.ts'
import { type Import, importsIn } from './import.ts'
import { objectionTo } from './import-rules.ts'
import { manifestIn, type Workspace, workspaceOf, workspacesOf } from './workspace.ts'

/** Judges every import of every source file by floors.json, and floors.json by the folders that there are. */
export function checkFloors(tree: Tree): Finding[] {
  const floors = floorsOf(tree)
  const workspaces = workspacesOf(tree)
  const sources = tree.files.filter(isSource)
  return [
    ...globsOfNothing(floors, tree, workspaces),
    ...workspacesWithoutFloor(floors, workspaces),
    ...sources.flatMap((file) => checkFile(tree, file, floors, workspaces)),
  ]
}

function checkFile(tree: Tree, file: string, floors: Floors, workspaces: readonly Workspace[]): Finding[] {
  const home = workspaceOf(workspaces, file)
  if (home === undefined) return file.includes('/') ? [homeless(file)] : []
  const imports = readImports(tree, file)
  if (!Array.isArray(imports)) return [imports]
  const root = manifestIn(tree, '')
  return imports.flatMap((taken) => {
    const objection = objectionTo({ file, taken, home, workspaces, root, floors })
    return objection === undefined ? [] : [{ file, line: taken.line, ...objection }]
  })
}

function readImports(tree: Tree, file: string): Import[] | Finding {
  try {
    return importsIn(tree, file)
  } catch (thrown) {
    if (!(thrown instanceof SyntaxProblem)) throw thrown
    return { file, line: thrown.line, what: `can't be read: ${thrown.message}.`, mend: 'Mend its syntax.' }
  }
}

function homeless(file: string): Finding {
  return {
    file,
    what: 'belongs to no package, so that no floor can be held.',
    mend: 'Give its folder a package.json and list it in the workspaces of the root.',
  }
}

/** A glob that matches nothing is a rule that nobody keeps: a folder was renamed or never came. */
function globsOfNothing(floors: Floors, tree: Tree, workspaces: readonly Workspace[]): Finding[] {
  const folders = workspaces
    .map((each) => each.folder)
    .filter((folder) => tree.files.some((file) => file.startsWith(`${folder}/`) && isSource(file)))
  const ofFolders = [...floors.floors.flat(), ...floors.thirdParty, ...Object.keys(floors.exceptions)]
  const ofFiles = [...Object.keys(floors.computed), ...Object.keys(floors.pure), ...floors.tests.files]
  const idle = [
    ...ofFolders.filter((glob) => !folders.some((folder) => matchesGlob(folder, glob))),
    ...ofFiles.filter((glob) => !tree.files.some((file) => matchesGlob(file, glob))),
  ]
  return [...new Set(idle)].map((glob) => ({
    file: 'floors.json',
    what: `"${glob}" matches nothing: no package with sources, or no file, has such a path.`,
    mend: 'Remove it, or mend its spelling.',
  }))
}

function workspacesWithoutFloor(floors: Floors, workspaces: readonly Workspace[]): Finding[] {
  return workspaces
    .filter(({ folder }) => floorOf(floors, folder) === undefined)
    .map(({ folder }) => ({
      file: `${folder}/package.json`,
      what: 'is a package on no floor.',
      mend: 'Put its folder on a floor in floors.json.',
    }))
}
