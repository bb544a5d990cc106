import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files of the repository, as every checker sees them. */
export interface Tree {
  /** Relative to the root, with `/`, sorted. */
  readonly files: readonly string[]
  /** The text of one of the files. */
  read(file: string): string
}

/** Not ours to judge: installed, generated, or state. Hidden folders are left out too, but for `.ci`. */
const SKIPPED = new Set(['node_modules', 'coverage', 'dist'])

export function readTree(root: string): Tree {
  const files = filesBelow(root, '').toSorted()
  const texts = new Map<string, string>()
  return {
    files,
    read(file) {
      const text = texts.get(file) ?? readFileSync(join(root, file), 'utf8')
      texts.set(file, text)
      return text
    },
  }
}

/** A tree that was never on a disk. */
export function treeOf(texts: Readonly<Record<string, string>>): Tree {
  return {
    files: Object.keys(texts).toSorted(),
    read(file) {
      const text = texts[file]
      if (text === undefined) throw new RangeError(`the tree has no file ${file}`)
      return text
    },
  }
}

/** The folders directly below a folder. */
export function foldersIn(tree: Tree, folder: string): string[] {
  const inside = tree.files.filter((file) => file.startsWith(`${folder}/`))
  const below = inside.map((file) => file.slice(folder.length + 1).split('/'))
  return [...new Set(below.filter((parts) => parts.length > 1).map((parts) => parts[0] as string))]
}

/** Whether there is such a file, or a folder with files in it. */
export function exists(tree: Tree, path: string): boolean {
  return tree.files.some((file) => file === path || file.startsWith(`${path}/`))
}

/** The line, counted from 1, of a position in a text. */
export function lineAt(text: string, index: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++
  return line
}

function filesBelow(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isFile()) return [path]
    return entry.isDirectory() && !isSkipped(entry.name) ? filesBelow(root, path) : []
  })
}

function isSkipped(name: string): boolean {
  return SKIPPED.has(name) || (name.startsWith('.') && name !== '.ci')
}
