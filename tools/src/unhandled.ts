import { appendFileSync, existsSync, readFileSync } from 'node:fs'

/**
 * Notes an error that no test caught, one a line, where the environment says (`UNHANDLED_ERRORS`): vitest's JSON report is
 * silent about them, and a second look at the files that failed would hide them.
 */
export function noteUnhandled({
  name,
  message,
}: {
  readonly name?: unknown
  readonly message?: unknown
}): void {
  const path = process.env.UNHANDLED_ERRORS
  if (path === undefined) return
  // Whatever can be thrown: not all of it is an Error.
  const line = `${name ?? 'Error'}: ${message}`.replaceAll(/\s+/g, ' ')
  appendFileSync(path, `${line}\n`)
}

/** Those that were noted there. */
export function readUnhandled(path: string): string[] {
  return existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : []
}
