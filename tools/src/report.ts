import { existsSync, readFileSync } from 'node:fs'

/** What is read of vitest's JSON report. */
export interface Report {
  readonly success: boolean
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly message?: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/** `undefined` where there is none. One that can't be read is a fault of the run, and is thrown. */
export function readReport(path: string): Report | undefined {
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Report) : undefined
}
