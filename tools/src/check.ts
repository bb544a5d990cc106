import { parseArgs } from 'node:util'
import { type Checked, runCheckers } from './checker.ts'
import { formatFinding, inOrder } from './finding.ts'
import { readTree } from './tree.ts'

/** `npm run check`: everything about the repository that a machine can judge, each finding on a line of its own. */
const { positionals } = parseArgs({ allowPositionals: true })
const root = positionals[0] ?? process.cwd()

const all = await runCheckers(root, readTree(root))
for (const each of all) print(each)
const count = all.reduce((sum, each) => sum + each.findings.length, 0)
console.log(count === 0 ? 'check: all in order' : `check: ${count} ${count === 1 ? 'finding' : 'findings'}`)
process.exitCode = count === 0 ? 0 : 1

function print({ name, findings, millis }: Checked): void {
  const result = findings.length === 0 ? 'ok' : `${findings.length} found`
  console.log(`${name.padEnd(9)} ${String(millis).padStart(6)} ms  ${result}`)
  for (const finding of inOrder(findings)) console.log(`  ${formatFinding(finding)}`)
}
