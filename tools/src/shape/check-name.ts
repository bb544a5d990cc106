import type { Finding } from '../finding.ts'
import { workspacesOf } from '../floor/workspace.ts'
import { isSource } from '../syntax.ts'
import type { Tree } from '../tree.ts'

/** Names that say nothing. A thing without a home has no name yet. */
const EMPTY_NAMES = new Set(
  ['util', 'helper', 'common', 'manager', 'service', 'impl'].flatMap((name) => [name, `${name}s`]),
)
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*$/

/** Folders and source files of every package are named in kebab-case, by what they are. */
export function checkNames(tree: Tree): Finding[] {
  const homes = workspacesOf(tree).map(({ folder }) => `${folder}/`)
  const inside = tree.files.filter((file) => homes.some((home) => file.startsWith(home)))
  const folders = new Set(inside.flatMap(foldersAbove))
  const sources = inside.filter(isSource)
  return [...folders, ...sources].flatMap((path) => {
    const name = (path.split('/').at(-1) as string).split('.')[0] as string
    if (EMPTY_NAMES.has(name)) {
      return [{ file: path, what: `"${name}" says nothing.`, mend: 'Name it by what is in it.' }]
    }
    if (!KEBAB_CASE.test(name)) {
      return [{ file: path, what: `"${name}" is not in kebab-case.`, mend: 'Write it like rate-limit.' }]
    }
    return []
  })
}

function foldersAbove(file: string): string[] {
  const parts = file.split('/').slice(0, -1)
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}
