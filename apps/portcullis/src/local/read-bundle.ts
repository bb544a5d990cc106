import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import { defineFaults } from '@portcullis/kernel/fault'

export const folderFaults = defineFaults('folder', {
  missing: {
    status: 400,
    title: 'There is no such file or folder',
    remedy: 'Give the folder or file with the declarations: -f DIR.',
  },
  empty: {
    status: 400,
    title: 'There is nothing to read',
    remedy:
      'Declarations and contracts are files that end in .yaml, .yml or .json, Cedar policies in .cedar, metadata in .xml.',
  },
  'too-large': {
    status: 400,
    title: 'There is more than one call may carry',
    remedy:
      'Give a folder that holds declarations and contracts alone, or apply parts of it one after the other.',
  },
  'not-text': {
    status: 400,
    title: 'A file is not UTF-8 text',
    remedy: 'Save it as UTF-8.',
  },
})

/** Text by path, with `/`, relative to the folder. */
export type Bundle = Readonly<Record<string, string>>

const ENDINGS = ['.yaml', '.yml', '.json', '.cedar', '.xml']
const MAX_FILES = 2000
const MAX_BYTES = 32 * 1024 * 1024
const MAX_DEPTH = 16

/**
 * Reads the declarations, contracts, Cedar policies and metadata below a folder, or a single file. Hidden entries and symbolic links are passed
 * over: what is applied lies in the folder itself.
 */
export function readBundle(path: string): Bundle {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw folderFaults.missing({ detail: `${path} does not exist.` })
  const root = stat.isDirectory() ? path : dirname(path)
  const files = stat.isDirectory() ? filesBelow(path, 0) : [join(root, basename(path))]
  if (files.length === 0) throw folderFaults.empty({ detail: `${path} holds no declaration.` })
  if (files.length > MAX_FILES) {
    throw folderFaults['too-large']({
      detail: `${path} holds ${files.length} files; ${MAX_FILES} are the most.`,
    })
  }
  return readAll(root, files)
}

function filesBelow(folder: string, depth: number): string[] {
  if (depth > MAX_DEPTH)
    throw folderFaults['too-large']({ detail: `${folder} lies more than ${MAX_DEPTH} folders deep.` })
  const entries = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesBelow(path, depth + 1)
    return entry.isFile() && ENDINGS.some((ending) => entry.name.endsWith(ending)) ? [path] : []
  })
}

function readAll(root: string, files: readonly string[]): Bundle {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const bundle: Record<string, string> = {}
  let bytes = 0
  for (const file of files) {
    const content = readFileSync(file)
    bytes += content.length
    if (bytes > MAX_BYTES) {
      throw folderFaults['too-large']({ detail: `The files hold more than ${MAX_BYTES / 1024 / 1024} MB.` })
    }
    const name = relative(root, file).split(sep).join('/')
    try {
      bundle[name] = decoder.decode(content)
    } catch (cause) {
      throw folderFaults['not-text']({ detail: `${name} is not UTF-8.`, place: { file: name }, cause })
    }
  }
  return bundle
}
