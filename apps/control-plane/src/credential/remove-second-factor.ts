import { knownBrowsers, passkeys, secondFactors } from '@portcullis/model/collection'
import { remove, removeWhere, type Store } from '@portcullis/ports/store/port'
import type { Changer } from '../change/changer.ts'
import { credentialFaults } from './fault.ts'

interface Parts {
  readonly store: Store
  readonly changer: Changer
}

/**
 * For a user who has lost the app and the recovery codes, or the passkeys: all of them go, with the trust in browsers. The next
 * sign-in asks for none, or sets a new app up.
 */
export async function removeSecondFactor(
  { store, changer }: Parts,
  organization: string,
  user: string,
  options: { readonly actor: string },
): Promise<void> {
  await changer.amend(options.actor, 'remove second factor', `${organization}/User/${user}`, async () => {
    const where = { attribute: 'user', equals: user }
    const [app, keys] = await Promise.all([
      store.get(secondFactors, organization, user),
      store.find(passkeys, organization, { where, limit: 1 }),
    ])
    if (app === undefined && keys.length === 0) {
      throw credentialFaults['no-second-factor']({ detail: `"${organization}/${user}" has none.` })
    }
    return {
      changes: [
        ...(app === undefined ? [] : [remove(secondFactors, organization, user)]),
        removeWhere(passkeys, organization, 'user', user),
        removeWhere(knownBrowsers, organization, 'user', user),
      ],
      result: undefined,
    }
  })
}
