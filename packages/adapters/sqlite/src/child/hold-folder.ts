import { writeSync } from 'node:fs'
import { lockDataFolder } from '../data-folder.ts'

/** Run by the test of the lock as a process of its own: `node hold-folder.ts FOLDER`. Tells when it has the lock. */
if (import.meta.main) {
  lockDataFolder(process.argv[2] ?? '')
  writeSync(1, 'held\n')
  setInterval(() => {}, 60_000)
}
