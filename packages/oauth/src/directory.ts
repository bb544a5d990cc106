import { appOfDocument, type DocumentApp } from '@portcullis/model/client-document'
import type { DetailType } from '@portcullis/model/resource/detail-type'
import type { Revision, RevisionApi } from '@portcullis/model/revision'

/** Everything that may be granted in an organization, as its published revisions say and nothing else. */
export interface Directory {
  readonly audiences: ReadonlyMap<string, Audience>
}

/** An API in an environment: what an access token is good for (RFC 8707, RFC 9068). */
export interface Audience {
  readonly audience: string
  /** The name of the API. */
  readonly api: string
  /** Where it is good, and by which revision: one environment, or all that share it. */
  readonly environments: ReadonlyMap<string, number>
  readonly title: string
  /** Scopes that the contract declares, with the descriptions that people are shown. */
  readonly scopes: ReadonlyMap<string, string>
  /** What can be asked for beyond scopes (RFC 9396), by its type. */
  readonly detailTypes: ReadonlyMap<string, DetailType>
  /** By app: the scopes that its subscriptions allow here. An app that is absent does not subscribe. */
  readonly subscribers: ReadonlyMap<string, ReadonlySet<string>>
  /** Which apps stand here for clients that documents describe. */
  readonly documentApps: readonly DocumentApp[]
}

export function directoryOf(revisions: readonly Revision[]): Directory {
  const audiences = new Map<string, Audience>()
  for (const revision of revisions) {
    for (const api of revision.apis) {
      const audience = audienceIn(revision, api)
      const known = audiences.get(audience.audience)
      audiences.set(audience.audience, known === undefined ? audience : narrowed(known, audience))
    }
  }
  return { audiences }
}

/** The scopes that a client may be granted for an audience; absent when it does not subscribe to that API. */
export function allowedScopes(
  directory: Directory,
  client: string,
  audience: string,
): ReadonlySet<string> | undefined {
  const known = directory.audiences.get(audience)
  return known && subscribedScopes(known, client)
}

/** The same of an audience at hand: by its own name, or as the app that stands for it. */
export function subscribedScopes(
  { subscribers, documentApps }: Pick<Audience, 'subscribers' | 'documentApps'>,
  client: string,
): ReadonlySet<string> | undefined {
  return subscribers.get(appOfDocument(documentApps, client) ?? client)
}

function audienceIn(revision: Revision, api: RevisionApi): Audience {
  const scopes = new Map(Object.entries(api.scopes))
  const subscribers = new Map<string, Set<string>>()
  for (const { app, apis, scopes: subscribed } of revision.subscriptions) {
    if (!apis.some((each) => each.api === api.api && each.version === api.version)) continue
    const allowed = subscribers.get(app) ?? new Set()
    for (const scope of subscribed) if (scopes.has(scope)) allowed.add(scope)
    subscribers.set(app, allowed)
  }
  const environments = new Map([[revision.environment, revision.number]])
  const detailTypes = new Map(Object.entries(api.authorizationDetails ?? {}))
  return {
    audience: api.audience,
    api: api.api,
    environments,
    title: api.title,
    scopes,
    detailTypes,
    subscribers,
    documentApps: revision.documentApps,
  }
}

/**
 * Two environments that publish the same audience accept each other's tokens. So a token may carry only what both
 * allow, or a subscription in a sandbox would open production.
 */
function narrowed(one: Audience, other: Audience): Audience {
  const subscribers = new Map<string, ReadonlySet<string>>()
  for (const [app, scopes] of one.subscribers) {
    const others = other.subscribers.get(app)
    if (others !== undefined) subscribers.set(app, new Set([...scopes].filter((scope) => others.has(scope))))
  }
  const scopes = new Map([...one.scopes].filter(([scope]) => other.scopes.has(scope)))
  const environments = new Map([...one.environments, ...other.environments])
  const detailTypes = new Map([...one.detailTypes].filter(([type]) => other.detailTypes.has(type)))
  const documentApps = one.documentApps.filter(({ place, app }) =>
    other.documentApps.some((each) => each.place === place && each.app === app),
  )
  return { ...one, environments, scopes, detailTypes, subscribers, documentApps }
}
