import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Secret } from '@portcullis/kernel/secret'
import { type Vault, vaultFaults } from '@portcullis/ports/vault/port'

/** A secret is short: a file above this is the wrong one. */
const MAX_FILE_BYTES = 65_536

/** A name is one plain segment, so that no path can be made of it. Linear: no repetition is nested. */
const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

/** How every variable of the environment begins that holds a secret. */
export const SECRET_PREFIX = 'PORTCULLIS_SECRET_'

export interface EnvironmentVaultOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** A folder with one file for each secret, as container platforms mount them; none when absent. */
  readonly folder?: string | undefined
}

/**
 * Secrets of the process's environment: `introspection-client` is PORTCULLIS_SECRET_INTROSPECTION_CLIENT, or the file of
 * this name in the folder, less one line break at its end. The environment wins.
 */
export function openEnvironmentVault({ environment, folder }: EnvironmentVaultOptions): Vault {
  return {
    secret(name) {
      if (!NAME.test(name))
        throw unknown(name, 'that is no name of a secret: lower-case letters, digits and hyphens')
      const value = environment[environmentNameOf(name)] || fromFolder(folder, name)
      if (value === undefined || value === '')
        throw unknown(name, `neither ${environmentNameOf(name)} nor a file is there`)
      return new Secret(value)
    },
  }
}

export function environmentNameOf(name: string): string {
  return `${SECRET_PREFIX}${name.toUpperCase().replaceAll('-', '_')}`
}

function fromFolder(folder: string | undefined, name: string): string | undefined {
  if (folder === undefined) return undefined
  const path = join(folder, name)
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) return undefined
  if (!found.isFile() || found.size > MAX_FILE_BYTES) {
    throw unknown(name, `${path} is no file of at most ${MAX_FILE_BYTES} bytes`)
  }
  return withoutLineBreak(readFileSync(path, 'utf8'))
}

function withoutLineBreak(text: string): string {
  if (text.endsWith('\r\n')) return text.slice(0, -2)
  return text.endsWith('\n') ? text.slice(0, -1) : text
}

function unknown(name: string, reason: string) {
  return vaultFaults.unknown({ detail: `Secret "${name.slice(0, 64)}": ${reason}.` })
}
