import type { Secret } from '@portcullis/kernel/secret'
import { idOf, passwords, resources } from '@portcullis/model/collection'
import { hashPassword } from '@portcullis/oauth/password'
import type { Clock } from '@portcullis/ports/clock/port'
import { put, type Store } from '@portcullis/ports/store/port'
import type { Changer } from '../change/changer.ts'
import { credentialFaults } from './fault.ts'

/** Characters as people count them. NIST SP 800-63B demands a minimum, no composition rules and room for a sentence. */
const MIN_CHARACTERS = 12
const MAX_CHARACTERS = 256

interface Parts {
  readonly store: Store
  readonly clock: Clock
  readonly changer: Changer
}

export async function setPassword(
  { store, clock, changer }: Parts,
  organization: string,
  user: string,
  password: Secret,
  options: { readonly actor: string },
): Promise<void> {
  const characters = [...password.reveal()].length
  if (characters < MIN_CHARACTERS || characters > MAX_CHARACTERS) throw credentialFaults['weak-password']()
  const hash = await hashPassword(password)
  await changer.amend(options.actor, 'set password', `${organization}/User/${user}`, async () => {
    const found = await store.get(resources, organization, idOf.resource('User', user))
    if (found === undefined) {
      throw credentialFaults['unknown-user']({ detail: `There is no user "${organization}/${user}".` })
    }
    const value = { user, hash, changedAt: new Date(clock.now()).toISOString() }
    return { changes: [put(passwords, organization, user, value)], result: undefined }
  })
}
