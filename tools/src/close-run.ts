import { closingOf } from './closing.ts'
import { readReport } from './report.ts'

/** Prints what vitest's JSON reports come down to, the counts last: the run's, and that of the second look, if any. */
const [first = '', second = ''] = process.argv.slice(2)
const { complaints, line, ok } = closingOf(readReport(first), readReport(second))
for (const complaint of complaints) console.log(complaint)
console.log(line)
process.exitCode = ok ? 0 : 1
