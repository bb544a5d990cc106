import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import { isPublic, type Security } from '@portcullis/model/security'
import type { OperationPlace, PolicyContract } from '@portcullis/policy-kit/policy'
import { coversAll, waysOf } from '../scheme/requirement.ts'
import { type AppSubscriptions, subscriptionsTo } from './rules.ts'

const config = z.strictObject({})
export type SubscriptionConfig = z.infer<typeof config>

/** Who subscribes to the API version, and what its contract demands for the operation. */
export interface SubscriptionFacts {
  readonly security: Security
  /** By the name of the app. One table for all operations of an API version. */
  readonly apps: ReadonlyMap<string, AppSubscriptions>
}

export const subscriptionFaults = defineFaults('subscription', {
  missing: {
    status: 403,
    title: 'The app does not subscribe to this API',
    remedy: 'Subscribe the app to a product that contains this API version, on one of its plans.',
  },
  'scope-withdrawn': {
    status: 403,
    title: 'The subscription no longer contains a scope that this operation needs',
    remedy: 'Ask the owner of the API to grant the scope to the subscription, then fetch a new token.',
  },
})

export const subscriptionContract: PolicyContract<SubscriptionConfig, SubscriptionFacts> = {
  id: 'subscription',
  summary: 'Lets only apps call that subscribe to the API, within the scopes of their subscription.',
  phase: 'subscribe',
  stacking: 'nearest',
  config,
  faults: subscriptionFaults,
  body: { need: 'none' },
  mayFailOpen: false,
  mentions: () => ({ attributes: ['context.subscription'] }),
  derive: subscribersOf,
  impasse: ({ facts }) => impasseOf(facts),
}

/** What nobody subscribes to, nobody can call. */
function impasseOf({ security, apps }: SubscriptionFacts): string | undefined {
  if (apps.size === 0) return 'no app subscribes to a product with this API version'
  const ways = waysOf(security)
  const held = [...apps.values()].map(({ scopes }) => scopes)
  if (ways.some((way) => held.some((scopes) => coversAll(way.scopes, scopes)))) return undefined
  const wanted = ways.map(({ scopes }) => scopes.join(' and ')).join(', or ')
  return `no subscription grants ${wanted}`
}

/** Where nobody is asked who they are, nobody can be asked for a subscription. */
function subscribersOf({ revision, api, operation }: OperationPlace): SubscriptionFacts | undefined {
  if (isPublic(operation.security)) return undefined
  return { security: operation.security, apps: subscriptionsTo(revision, api) }
}
