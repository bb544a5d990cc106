/** Result codes of SQLite (https://www.sqlite.org/rescode.html) that mean something to us. */
const BUSY = 5
const CORRUPT = 11
const NOT_A_DATABASE = 26

/** Whether another connection has the lock. */
export function isBusy(thrown: unknown): boolean {
  return resultCodeOf(thrown) === BUSY
}

/** Whether the file is no database, or one that contradicts itself. */
export function isDamage(thrown: unknown): boolean {
  const code = resultCodeOf(thrown)
  return code === CORRUPT || code === NOT_A_DATABASE
}

/** The primary result code; the higher bits only refine it. */
function resultCodeOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number')
    return undefined
  return thrown.errcode & 0xff
}

export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
