import { Secret } from '@portcullis/kernel/secret'
import { type Vault, vaultFaults } from './port.ts'

/** Secrets by their names. */
export function openMemoryVault(secrets: Readonly<Record<string, string>>): Vault {
  return {
    secret(name) {
      const found = Object.hasOwn(secrets, name) ? secrets[name] : undefined
      if (found === undefined || found === '')
        throw vaultFaults.unknown({ detail: `There is no secret "${name}".` })
      return new Secret(found)
    },
  }
}
