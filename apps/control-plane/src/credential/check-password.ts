import type { PasswordAnswer } from '@portcullis/api-client/route/gateway'
import { personOf } from '@portcullis/oauth/sign-in/person'
import { needsSecondFactor } from '@portcullis/oauth/sign-in/second-factor-need'
import { type SignInAttempt, signInWith } from '@portcullis/oauth/sign-in/sign-in'
import type { Counters } from '@portcullis/ports/counters/port'
import type { Store } from '@portcullis/ports/store/port'

/**
 * Answers gateways that were given a name and a password with a call. The same rules as on the page, and the same limits
 * for guesses: gateways never see a hash. Who has a second factor, or must have one, can't show it there.
 */
export function passwordChecker(
  store: Store,
  counters: Counters,
): (attempt: SignInAttempt) => Promise<PasswordAnswer> {
  const trySignIn = signInWith(store, counters)
  return async (attempt) => {
    const { organization } = attempt
    const signIn = await trySignIn(attempt)
    if (signIn.outcome !== 'accepted') return { outcome: signIn.outcome, roles: [] }
    const { user } = signIn
    if (await needsSecondFactor(store, organization, user)) return { outcome: 'second-factor', roles: [] }
    const person = await personOf(store, organization, user)
    return person === undefined
      ? { outcome: 'refused', roles: [] }
      : { outcome: 'accepted', roles: [...person.roles] }
  }
}
