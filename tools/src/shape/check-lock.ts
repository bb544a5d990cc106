import type { Finding } from '../finding.ts'
import type { Tree } from '../tree.ts'

const LOCK = 'package-lock.json'

/**
 * The lock file pins packages by version and integrity and leaves open where they come from: an address in it
 * would send every machine to the registry of the one that wrote it.
 */
export function checkLock(tree: Tree): Finding[] {
  if (!tree.files.includes(LOCK)) {
    return [{ file: LOCK, what: 'is missing.', mend: 'Run npm install.' }]
  }
  return tree
    .read(LOCK)
    .split('\n')
    .flatMap((text, index) => {
      if (!/"resolved":\s*"https?:/.test(text)) return []
      return [
        {
          file: LOCK,
          line: index + 1,
          what: 'names the address of a registry.',
          mend: 'Remove the line; omit-lockfile-registry-resolved=true in .npmrc keeps it out.',
        },
      ]
    })
}
