import { DatabaseSync } from 'node:sqlite'
import { createPrivateFile } from './private-file.ts'

/**
 * Copies a database that may be in use into a new file, for this user alone: what was committed when it began, and nothing
 * half. Throws where the file is there already, or the disk is full.
 */
export function copyDatabase(from: string, to: string): void {
  createPrivateFile(to)
  const source = new DatabaseSync(from, { readOnly: true, timeout: 5000 })
  try {
    source.prepare('VACUUM INTO ?').run(to)
  } finally {
    source.close()
  }
}
