import { readFileSync } from 'node:fs'
import { closingOf, type Report } from './closing.ts'

/** Prints what vitest's JSON report comes down to, the counts last. */
const [file] = process.argv.slice(2)
const { complaints, line, ok } = closingOf(file === undefined ? undefined : read(file))
for (const complaint of complaints) console.log(complaint)
console.log(line)
process.exitCode = ok ? 0 : 1

function read(path: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Report
  } catch (error) {
    console.log(`there is no report: ${(error as Error).message}`)
    return undefined
  }
}
