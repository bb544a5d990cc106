import { type Finding, findingOf } from '@portcullis/model/finding/finding'
import { bundleFaults } from './fault.ts'

/** Declarations and the contracts that they name: text by path. No file system stands behind it. */
export type Bundle = Readonly<Record<string, string>>

export const MAX_BUNDLE_BYTES = 32 * 1024 * 1024
export const MAX_BUNDLE_FILES = 2000
const MAX_PATH_CHARACTERS = 512

/** What is wrong with the bundle as a set of files. */
export function checkBundle(bundle: Bundle): Finding[] {
  const paths = Object.keys(bundle)
  const bytes = Object.values(bundle).reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  if (paths.length > MAX_BUNDLE_FILES || bytes > MAX_BUNDLE_BYTES) {
    throw bundleFaults['too-large']({
      detail: `It has ${paths.length} files and ${bytes} bytes; ${MAX_BUNDLE_FILES} and ${MAX_BUNDLE_BYTES} are taken.`,
    })
  }
  return paths
    .filter((path) => !isPlainPath(path))
    .map((path) =>
      findingOf(
        bundleFaults['bad-path']({
          detail: `"${path.slice(0, 80)}" is not a plain relative path.`,
          place: { file: path.slice(0, MAX_PATH_CHARACTERS) },
        }),
      ),
    )
}

function isPlainPath(path: string): boolean {
  if (path.length === 0 || path.length > MAX_PATH_CHARACTERS) return false
  if (path.includes('\\') || path.includes('\0')) return false
  return path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
}
