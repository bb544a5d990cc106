import { newId } from '@portcullis/kernel/id'
import type { Secret } from '@portcullis/kernel/secret'
import { type Secrets, secretsFaults } from './port.ts'

/** Secrets that live as long as this object: what is sealed is a ticket for what is kept here. */
export function openMemorySecrets(): Secrets {
  const kept = new Map<string, { readonly secret: Secret; readonly context: string }>()
  return {
    seal(secret, context) {
      const ticket = newId('sealed', Date.now())
      kept.set(ticket, { secret, context })
      return Promise.resolve(ticket)
    },
    async open(sealed, context) {
      const found = kept.get(sealed)
      if (found?.context !== context) throw secretsFaults.unreadable({ internal: `nothing for "${context}"` })
      return found.secret
    },
  }
}
