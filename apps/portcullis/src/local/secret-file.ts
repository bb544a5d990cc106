import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Secret } from '@portcullis/kernel/secret'

/**
 * Secrets that this installation's own parts, and its sample, find on the machine: files in the home folder that their
 * owner alone can read.
 */
export const secretFile = {
  app: (home: string, organization: string, app: string): string =>
    join(home, 'credentials', organization, `${app}.secret`),
  user: (home: string, organization: string, user: string): string =>
    join(home, 'credentials', organization, `${user}.password`),
}

export function readSecretFile(file: string): Secret | undefined {
  try {
    return new Secret(readFileSync(file, 'utf8').trim())
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Replaces the file whole, so that a reader finds the old secret or the new one. */
export function writeSecretFile(file: string, secret: Secret): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(`${file}.new`, `${secret.reveal()}\n`, { mode: 0o600, flush: true })
  renameSync(`${file}.new`, file)
}
