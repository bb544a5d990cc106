import { posix } from 'node:path'
import type { ContractFiles } from '@portcullis/model/collection'
import type { Bundle } from './bundle.ts'

/** A contract within a bundle: its files, and where they were. */
export interface BundledContract {
  /** The folder of its root file. */
  readonly folder: string
  readonly files: ContractFiles
  /** The paths in the bundle that it uses. */
  readonly used: ReadonlySet<string>
}

// A search of the text, not of the parsed value: it is linear, needs no parser on this thread, and where it finds
// too little the file is told to be unused. What a reference means is for the contract compiler alone.
const REFERENCE = /\$ref["']?\s*:\s*(?:"([^"\n]{1,512})"|'([^'\n]{1,512})'|([^\s"',}\]]{1,512}))/g

/** The root file and every file below its folder to which it leads by `$ref`, over any number of steps. */
export function collectContract(bundle: Bundle, root: string): BundledContract {
  const folder = posix.dirname(root)
  const used = new Set([root])
  for (const path of used) {
    for (const target of referencesIn(bundle[path] ?? '')) {
      const file = posix.join(posix.dirname(path), target)
      if (Object.hasOwn(bundle, file) && isBelow(folder, file)) used.add(file)
    }
  }
  const files = Object.fromEntries(
    [...used].toSorted().map((path) => [posix.relative(folder, path), bundle[path] ?? '']),
  )
  return { folder, files: { root: posix.basename(root), files }, used }
}

function referencesIn(text: string): string[] {
  return Array.from(text.matchAll(REFERENCE), (match) =>
    fileOf(match[1] ?? match[2] ?? match[3] ?? ''),
  ).filter((file) => file !== '')
}

/** The file part of a reference (RFC 3986 §4.2), decoded; empty when it stays in its own file. */
function fileOf(reference: string): string {
  const file = reference.split('#', 1)[0] ?? ''
  try {
    return decodeURIComponent(file)
  } catch {
    // Not percent-encoded after all: then the text itself is the name.
    return file
  }
}

function isBelow(folder: string, file: string): boolean {
  return folder === '.' ? !file.startsWith('..') : file.startsWith(`${folder}/`)
}
