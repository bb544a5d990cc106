import { secondFactors } from '@portcullis/model/collection'
import { remove, type Store } from '@portcullis/ports/store/port'
import type { Changer } from '../change/changer.ts'
import { credentialFaults } from './fault.ts'

interface Parts {
  readonly store: Store
  readonly changer: Changer
}

/** For a user who has lost the app and the recovery codes: the next sign-in asks for none, or sets a new one up. */
export async function removeSecondFactor(
  { store, changer }: Parts,
  organization: string,
  user: string,
  options: { readonly actor: string },
): Promise<void> {
  await changer.amend(options.actor, 'remove second factor', `${organization}/User/${user}`, async () => {
    if ((await store.get(secondFactors, organization, user)) === undefined) {
      throw credentialFaults['no-second-factor']({ detail: `"${organization}/${user}" has none.` })
    }
    return { changes: [remove(secondFactors, organization, user)], result: undefined }
  })
}
