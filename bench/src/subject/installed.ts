import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where a program is installed; Debian keeps servers where not everybody looks. `undefined` where it is not. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** The first number that a program says of its version: `2.6.12`. nginx says it on its standard error. */
export function versionOf(path: string, argument: string): string {
  const said = execFileSync('/bin/sh', ['-c', '"$0" "$1" 2>&1', path, argument], { encoding: 'utf8' })
  return /\d+(?:\.\d+)+/.exec(said)?.[0] ?? 'unknown'
}
