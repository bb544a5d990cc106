import type { Secret } from '@portcullis/kernel/secret'
import { idOf, passwords, resources } from '@portcullis/model/collection'
import { demandGoodPassword } from '@portcullis/oauth/password/new-password'
import { hashPassword } from '@portcullis/oauth/password/password'
import { passwordOwner } from '@portcullis/oauth/password/password-owner'
import type { Breaches } from '@portcullis/ports/breaches/port'
import type { Clock } from '@portcullis/ports/clock/port'
import { put, type Store } from '@portcullis/ports/store/port'
import type { Changer } from '../change/changer.ts'
import { credentialFaults } from './fault.ts'

interface Parts {
  readonly store: Store
  readonly breaches: Breaches
  readonly clock: Clock
  readonly changer: Changer
}

export async function setPassword(
  { store, breaches, clock, changer }: Parts,
  organization: string,
  user: string,
  password: Secret,
  options: { readonly actor: string },
): Promise<void> {
  const owner = await passwordOwner(store, organization, user)
  if (owner === undefined)
    throw credentialFaults['unknown-user']({ detail: `There is no user "${organization}/${user}".` })
  await demandGoodPassword(breaches, password, owner)
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
