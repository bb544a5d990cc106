import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder for a test, which is deleted when the test has ended: `temporaryFolder(onTestFinished)`. */
export function temporaryFolder(atEnd: (cleanUp: () => void) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-sqlite-'))
  atEnd(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
