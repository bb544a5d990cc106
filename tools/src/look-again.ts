import { filesToLookAtAgain } from './closing.ts'
import { readReport } from './report.ts'

/** Prints the files of vitest's JSON report that deserve a second look, one a line. */
for (const file of filesToLookAtAgain(readReport(process.argv[2] ?? ''))) console.log(file)
