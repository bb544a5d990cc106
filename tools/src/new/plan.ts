import { exists, type Tree } from '../tree.ts'
import { kinds } from './kind.ts'
import { fill, Refusal, wordsOf } from './words.ts'

/** What is going to be written, decided before anything is. */
export interface Plan {
  /** Texts by path of files that are not there yet. */
  readonly written: Readonly<Record<string, string>>
  /** Texts by path of files that are there and change. */
  readonly changed: Readonly<Record<string, string>>
  readonly next: string
}

/** @throws {Refusal} when the kind is unknown, the name is none, or something of that name is there. */
export function planNew(tree: Tree, kindName: string, name: string): Plan {
  const kind = Object.hasOwn(kinds, kindName) ? kinds[kindName] : undefined
  if (kind === undefined) {
    throw new Refusal(
      `"${kindName.slice(0, 40)}" can't be made: write one of ${Object.keys(kinds).join(', ')}.`,
    )
  }
  const words = wordsOf(name)
  const written = Object.entries(kind.files).map(([template, pathOf]) => {
    const text = fill(tree.read(`tools/template/${template}`), words)
    return [pathOf(name), text] as const
  })
  refuseExisting(
    tree,
    kindName,
    written.map(([path]) => path),
  )
  const changed = Object.entries(kind.edits).map(
    ([path, edit]) => [path, edit(tree.read(path), words)] as const,
  )
  return { written: Object.fromEntries(written), changed: Object.fromEntries(changed), next: kind.next(name) }
}

function refuseExisting(tree: Tree, kindName: string, paths: readonly string[]): void {
  // A policy and a port own their folder; a story is two files in folders of many.
  const owned = kindName === 'story' ? paths : paths.map((path) => path.slice(0, path.lastIndexOf('/')))
  const there = owned.find((path) => exists(tree, path))
  if (there !== undefined)
    throw new Refusal(`${there} is there already: choose another name, or change what is there.`)
}
