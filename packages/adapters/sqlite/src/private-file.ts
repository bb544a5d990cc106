import { closeSync, openSync } from 'node:fs'

/**
 * Makes sure that there is a file, and that nobody else may read it if it is new. SQLite would create it as the umask
 * says, but gives the files that it puts beside it (-wal, -shm, -journal) the permissions of this one.
 *
 * A file that exists is not opened: POSIX drops all locks that this process has on a file as soon as any of its
 * descriptors is closed.
 */
export function createPrivateFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
  }
}
