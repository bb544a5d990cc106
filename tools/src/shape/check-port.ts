import type { Finding } from '../finding.ts'
import { foldersIn, type Tree } from '../tree.ts'

const PORTS = 'packages/ports/src'

/** A log is written and never read, so there is nothing that a suite could hold its adapters to. */
const WITHOUT_SUITE = new Set(['log'])

/** Every port has its interface, the suite that each adapter passes, and the adapter in memory. */
export function checkPorts(tree: Tree): Finding[] {
  return foldersIn(tree, PORTS).flatMap((port) => {
    const names = WITHOUT_SUITE.has(port) ? ['port.ts'] : ['port.ts', 'contract.ts', 'memory.ts']
    const files = names.map((name) => `${PORTS}/${port}/${name}`)
    return files
      .filter((file) => !tree.files.includes(file))
      .map((file) => ({
        file,
        what: 'is missing: a port is port.ts, contract.ts and memory.ts.',
        mend: 'Write it; npm run new port shows its form.',
      }))
  })
}
