import type { KoaContextWithOIDC } from 'oidc-provider'
import type { UpstreamPorts } from './catalog.ts'
import type { FederatedSession } from './collection.ts'
import { FEDERATED, type FederatedParts, FederatedSessions } from './federated-sessions.ts'
import { PendingSignIns } from './pending.ts'
import { ProvedIdentities } from './proved.ts'
import { type ListProviders, providersOf } from './providers.ts'

type OidcContext = KoaContextWithOIDC['oidc']

/** All that one organization does with identity providers. */
export class Federation {
  readonly listProviders: ListProviders
  readonly pending: PendingSignIns
  readonly proved: ProvedIdentities
  readonly sessions: FederatedSessions
  readonly #issuer: URL

  constructor(parts: Omit<FederatedParts, 'listProviders'> & UpstreamPorts & { readonly issuer: URL }) {
    this.listProviders = providersOf(parts.organization, parts)
    this.pending = new PendingSignIns(parts, parts.organization)
    this.proved = new ProvedIdentities(parts, parts.organization)
    this.sessions = new FederatedSessions({ ...parts, listProviders: this.listProviders })
    this.#issuer = parts.issuer
  }

  /** Where a provider is registered to send its answers. */
  callbackOf = (provider: string): URL => new URL(`${this.#issuer.href}/upstream/${provider}/callback`)

  /** A sign-in that has just come to its end belongs to the session of the browser from now on. */
  async adopt({ session, result }: OidcContext): Promise<void> {
    const federated = result?.login?.federated as FederatedSession | undefined
    if (session === undefined || federated === undefined) return
    await this.sessions.adopt(session.uid, federated)
  }

  /** What an access token says of a user whom a provider knows: with whom they signed in, and what that one tells of them. */
  async claimsOf(entities: OidcContext['entities']): Promise<Readonly<Record<string, unknown>>> {
    const given = entities.AuthorizationCode ?? entities.RefreshToken ?? entities.DeviceCode
    if (given?.amr?.includes(FEDERATED) !== true) return {}
    const { sessionUid = '', accountId = '' } = given
    const session = await this.sessions.find(sessionUid, accountId)
    if (session === undefined) return {}
    const { provider, roles, groups, claims } = session
    return {
      ...claims,
      idp: provider,
      ...(roles.length > 0 && { roles }),
      ...(groups.length > 0 && { groups: groups.slice(0, MOST_GROUPS) }),
    }
  }
}

/** A token goes with every call: whoever is in more groups than this has roles made of them. */
const MOST_GROUPS = 64
