import { closingOf } from './closing.ts'
import { readReport } from './report.ts'
import { readUnhandled } from './unhandled.ts'

/**
 * Prints what vitest's JSON reports come down to, the counts last: the run's, that of the second look, if any, and the
 * errors that nobody caught in either.
 */
const [first = '', second = '', unhandled = ''] = process.argv.slice(2)
const { complaints, line, ok } = closingOf(readReport(first), readReport(second), readUnhandled(unhandled))
for (const complaint of complaints) console.log(complaint)
console.log(line)
process.exitCode = ok ? 0 : 1
