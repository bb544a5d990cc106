import type { Finding } from '../finding.ts'
import { isSource } from '../syntax.ts'
import type { Tree } from '../tree.ts'

const MAX_LINES = 400

/** Every source file can be read in one sitting. */
export function checkLengths(tree: Tree): Finding[] {
  return tree.files.filter(isSource).flatMap((file) => {
    const lines = tree.read(file).trimEnd().split('\n').length
    if (lines <= MAX_LINES) return []
    return [
      { file, what: `has ${lines} lines; ${MAX_LINES} are the most.`, mend: 'Split it by what it does.' },
    ]
  })
}
