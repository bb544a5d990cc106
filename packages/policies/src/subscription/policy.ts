import type { Policy } from '@portcullis/policy-kit/policy'
import { appOf } from '@portcullis/policy-kit/principal'
import { proceed, refuse } from '@portcullis/policy-kit/verdict'
import { oncePerPrincipal } from '../memory/once-per-principal.ts'
import { waysOf } from '../scheme/requirement.ts'
import {
  type SubscriptionConfig,
  type SubscriptionFacts,
  subscriptionContract,
  subscriptionFaults,
} from './contract.ts'
import { chooseSubscription } from './rules.ts'

/** Finds the subscription under which the app calls, and with it the plan. */
export const subscription: Policy<SubscriptionConfig, SubscriptionFacts> = {
  contract: subscriptionContract,
  needs: [],
  bind(_config, _ports, { facts }) {
    const ways = waysOf(facts.security)

    const decide = oncePerPrincipal((principal) => {
      const app = appOf(principal)
      const held = facts.apps.get(app)
      if (held === undefined) return refuse(subscriptionFaults.missing(), { saw: { app } })
      const subscriber = chooseSubscription(ways, principal, held)
      if (subscriber === undefined) {
        return refuse(subscriptionFaults['scope-withdrawn'](), {
          saw: { app, subscribed: [...held.scopes].join(' ').slice(0, 512) },
        })
      }
      const { subscription: name, product, plan } = subscriber
      return proceed({ app, subscription: name, product, plan }, { subscriber })
    })

    return {
      // `scope` has refused unknown callers; where it only observes, they still have no subscription.
      onRequest: ({ principal }) =>
        principal === undefined
          ? refuse(subscriptionFaults.missing(), { saw: { caller: 'unknown' } })
          : decide(principal),
    }
  },
}
