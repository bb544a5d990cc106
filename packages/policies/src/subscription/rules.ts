import type { Revision, RevisionApi, RevisionSubscription } from '@portcullis/model/revision'
import type { Principal, Subscriber } from '@portcullis/policy-kit/principal'
import { coversAll, isSatisfied, type Way } from '../scheme/requirement.ts'

/** What an app subscribes to of one API version. */
export interface AppSubscriptions {
  /** By name: the order in which they are tried. */
  readonly subscriptions: readonly AppSubscription[]
  /** What all of them together grant: what the authorization server puts into the app's tokens. */
  readonly scopes: ReadonlySet<string>
}

export interface AppSubscription {
  readonly subscriber: Subscriber
  readonly scopes: ReadonlySet<string>
}

type ByApp = ReadonlyMap<string, AppSubscriptions>

// Facts are derived per operation; the table is the same for all operations of an API version.
const tables = new WeakMap<Revision, Map<string, ByApp>>()

/** The apps that subscribe to a product with this API version. Computed once per revision and version. */
export function subscriptionsTo(revision: Revision, api: RevisionApi): ByApp {
  const ofRevision = tables.get(revision) ?? new Map<string, ByApp>()
  tables.set(revision, ofRevision)
  const version = `${api.api}/${api.version}`
  const table = ofRevision.get(version) ?? tabulate(revision, api)
  ofRevision.set(version, table)
  return table
}

function tabulate(revision: Revision, api: RevisionApi): ByApp {
  const apps = Map.groupBy(
    revision.subscriptions
      .filter((each) => each.apis.some((one) => one.api === api.api && one.version === api.version))
      .toSorted((a, b) => (a.subscription < b.subscription ? -1 : 1)),
    (each) => each.app,
  )
  return new Map([...apps].map(([app, subscriptions]) => [app, together(subscriptions)]))
}

function together(subscriptions: readonly RevisionSubscription[]): AppSubscriptions {
  return {
    subscriptions: subscriptions.map(({ subscription, product, plan, scopes }) => ({
      subscriber: { subscription, product, plan },
      scopes: new Set(scopes),
    })),
    scopes: new Set(subscriptions.flatMap((each) => each.scopes)),
  }
}

/**
 * The subscription under which a call is made; `undefined` when the subscriptions no longer contain what the call
 * needs.
 *
 * A token was issued for what the subscriptions granted then. What they grant now is judged here, so that a scope
 * that was withdrawn is gone at once and not when the token ends. Only ways that the token satisfies are looked at: what it
 * lacks is for `scope` to say.
 *
 * Of several subscriptions the first by name is taken that alone contains the scopes of such a way; else, where all
 * together contain them, the first by name.
 */
export function chooseSubscription(
  ways: readonly Way[],
  principal: Principal,
  held: AppSubscriptions,
): Subscriber | undefined {
  const satisfied = ways.filter((way) => isSatisfied(way, principal))
  const first = held.subscriptions[0]?.subscriber
  if (satisfied.length === 0) return first
  const alone = held.subscriptions.find((each) => satisfied.some((way) => coversAll(way.scopes, each.scopes)))
  if (alone !== undefined) return alone.subscriber
  return satisfied.some((way) => coversAll(way.scopes, held.scopes)) ? first : undefined
}
