import { writeSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { lockDataFolder } from '../data-folder.ts'

/** Run by the test of the lock: `node drop-lock.ts FOLDER`. Takes the lock, keeps nothing of it and collects garbage. */
if (import.meta.main) {
  lockDataFolder(process.argv[2] ?? '')
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // A turn later, when no stack points to it any more.
  setTimeout(() => {
    collect()
    collect()
    writeSync(1, 'held\n')
  }, 10)
  setInterval(() => {}, 60_000)
}
