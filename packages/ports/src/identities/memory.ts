import type { Secret } from '@portcullis/kernel/secret'
import type { Identities, Identity } from './port.ts'

export interface KnownIdentity extends Identity {
  readonly password: Secret
}

/** Identities that a test or a program names itself, by the names under which they sign in; one list for all sources. */
export function openMemoryIdentities(known: Readonly<Record<string, KnownIdentity>>): Identities {
  return {
    async verify(_source, name, password) {
      const found = Object.hasOwn(known, name) ? known[name] : undefined
      if (found === undefined || password.reveal() === '' || !found.password.equals(password))
        return undefined
      const { password: _, ...identity } = found
      return identity
    },
  }
}
