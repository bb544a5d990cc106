import { filesToLookAtAgain } from './closing.ts'
import { readReport } from './report.ts'
import { readUnhandled } from './unhandled.ts'

/** Prints the files of vitest's JSON report that deserve a second look, one a line; beside it the errors that nobody caught. */
const [report = '', unhandled = ''] = process.argv.slice(2)
for (const file of filesToLookAtAgain(readReport(report), readUnhandled(unhandled))) console.log(file)
