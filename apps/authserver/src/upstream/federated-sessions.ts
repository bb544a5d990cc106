import { createHash } from 'node:crypto'
import { Duration } from '@portcullis/kernel/duration'
import { pathOf, valueAt } from '@portcullis/kernel/json-pointer'
import { Secret } from '@portcullis/kernel/secret'
import { accountLinks } from '@portcullis/model/collection'
import type { Lifetimes } from '@portcullis/oauth/lifetime'
import { linkIdOf } from '@portcullis/oauth/sign-in/account-link'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Secrets } from '@portcullis/ports/secrets/port'
import { type Document, put, remove, type Store, storeFaults } from '@portcullis/ports/store/port'
import { type FederatedSession, federatedSessions } from './collection.ts'
import { upstreamFaults } from './fault.ts'
import { type ListProviders, type Provider, rolesOf } from './providers.ts'
import type { UpstreamIdentity, UpstreamNotice, UpstreamSession } from './upstream.ts'

/** In the `amr` of whoever signed in with somebody else. */
export const FEDERATED = 'fed'

/** Every call carries them. */
const MOST_CLAIM_CHARACTERS = 4096

export interface FederatedParts {
  readonly store: Store
  readonly secrets: Secrets
  readonly clock: Clock
  readonly organization: string
  readonly lifetimes: Lifetimes
  readonly listProviders: ListProviders
}

/** What our sessions know of the sign-ins on which they rest. */
export class FederatedSessions {
  readonly #parts: FederatedParts

  constructor(parts: FederatedParts) {
    this.#parts = parts
  }

  /** What is to be known of a sign-in that has just been proved. */
  async describe(provider: Provider, identity: UpstreamIdentity, user: string): Promise<FederatedSession> {
    const { spec, name } = provider
    const { issuer, subject, session, groups } = identity
    const claims = Object.entries(spec.tokenClaims).flatMap(([claim, pointer]) => {
      const value = valueAt(identity.claims, pathOf(pointer))
      return value === undefined ? [] : [[claim, value] as const]
    })
    if (JSON.stringify(claims).length > MOST_CLAIM_CHARACTERS) {
      throw upstreamFaults.refused({ internal: 'tokenClaims choose more than tokens can carry' })
    }
    return {
      provider: name,
      user,
      link: linkIdOf({ provider: name, issuer, subject }),
      ...(session?.id !== undefined && { upstream: hashOf(name, issuer, session.id) }),
      ...(session?.name !== undefined && { named: hashOf(name, issuer, session.name) }),
      roles: rolesOf(provider, identity),
      groups,
      claims: Object.fromEntries(claims),
      heldAt: this.#parts.clock.now(),
      ...(session !== undefined && { sealed: await this.#seal(session) }),
    }
  }

  /** From now on the session of ours rests on it, and whatever it gives. */
  async adopt(uid: string, session: FederatedSession): Promise<void> {
    const { store, organization } = this.#parts
    await store.commit([put(federatedSessions, organization, uid, session, this.#lasting())])
  }

  /** What a session of ours rests on: absent once the provider or the link is gone, or the provider has ended it. */
  async find(uid: string, user: string): Promise<FederatedSession | undefined> {
    const { store, organization } = this.#parts
    const found = await store.get(federatedSessions, organization, uid)
    if (found === undefined || found.value.user !== user) return undefined
    const [link, provider] = await Promise.all([
      store.get(accountLinks, organization, found.value.link),
      this.#provider(found.value),
    ])
    return link?.value.user === user && provider !== undefined ? found.value : undefined
  }

  /**
   * The same before it gives anything new: the provider is asked again where the declaration wants that and its last word is
   * old. One of those who ask at the same moment does; when nobody can say, the others are told so too.
   */
  async renewed(uid: string, user: string): Promise<FederatedSession | undefined> {
    const { store, organization, clock } = this.#parts
    const found = await store.get(federatedSessions, organization, uid)
    const session = await this.find(uid, user)
    const upstream = session && (await this.upstreamOf(session))
    if (session === undefined || upstream === undefined || found === undefined) return session
    const after = askedAgainAfter(upstream.provider)
    if (after === undefined || clock.now() - session.heldAt < after) return session
    const claim = put(
      federatedSessions,
      organization,
      uid,
      { ...session, heldAt: clock.now() },
      { ...this.#lasting(), expect: found.version },
    )
    try {
      await store.commit([claim])
    } catch (thrown) {
      // Somebody else asks right now, and a refresh token is good once.
      if (storeFaults.conflict.is(thrown)) return this.find(uid, user)
      throw thrown
    }
    return this.#askAgain(uid, session, upstream)
  }

  async #askAgain(
    uid: string,
    session: FederatedSession,
    { provider, session: known }: { readonly provider: Provider; readonly session: UpstreamSession },
  ): Promise<FederatedSession | undefined> {
    try {
      if (provider.upstream.by !== 'browser' || provider.upstream.renew === undefined) return session
      const renewed = await this.describe(provider, await provider.upstream.renew(known), session.user)
      if (renewed.link !== session.link)
        throw upstreamFaults.refused({ internal: 'it renewed somebody else' })
      await this.adopt(uid, renewed)
      return renewed
    } catch (thrown) {
      if (upstreamFaults.refused.is(thrown)) {
        await this.forget([uid])
        return undefined
      }
      await this.adopt(uid, session)
      throw thrown
    }
  }

  /** The provider of a session, and what it needs to end or renew it. */
  async upstreamOf(
    session: FederatedSession,
  ): Promise<{ readonly provider: Provider; readonly session: UpstreamSession } | undefined> {
    const provider = await this.#provider(session)
    if (provider === undefined || session.sealed === undefined) return undefined
    const { secrets, organization } = this.#parts
    const opened = await secrets.open(session.sealed, `${organization}/upstream-session`)
    return { provider, session: JSON.parse(opened.reveal()) as UpstreamSession }
  }

  /** Those that a provider ends: sign-ins that it names, of the user whom it names; all of that user where it names none. */
  async covered(provider: Provider, notice: UpstreamNotice): Promise<readonly Document<FederatedSession>[]> {
    const { issuer, sessions, name } = notice
    const ids = new Set(sessions.map((id) => hashOf(provider.name, issuer, id)))
    if (name === undefined)
      return (await Promise.all([...ids].map((id) => this.#findBy('upstream', id)))).flat()
    const ofUser = await this.#findBy('named', hashOf(provider.name, issuer, name))
    return ofUser.filter(
      ({ value }) => ids.size === 0 || (value.upstream !== undefined && ids.has(value.upstream)),
    )
  }

  /** The uids of those that rest on an account link. */
  async restingOn(link: string): Promise<string[]> {
    return (await this.#findBy('link', link)).map(({ id }) => id)
  }

  #findBy(attribute: 'link' | 'upstream' | 'named', equals: string) {
    const { store, organization } = this.#parts
    return store.find(federatedSessions, organization, { where: { attribute, equals } })
  }

  async forget(uids: readonly string[]): Promise<void> {
    const { store, organization } = this.#parts
    await store.commit(uids.map((uid) => remove(federatedSessions, organization, uid)))
  }

  async #provider({ provider }: FederatedSession): Promise<Provider | undefined> {
    return (await this.#parts.listProviders()).find(({ name }) => name === provider)
  }

  async #seal(session: UpstreamSession): Promise<string> {
    const { secrets, organization } = this.#parts
    return secrets.seal(new Secret(JSON.stringify(session)), `${organization}/upstream-session`)
  }

  /** Refresh tokens may live as long as their grant. */
  #lasting() {
    const { clock, lifetimes } = this.#parts
    return { expiresAt: clock.now() + lifetimes.grantSeconds * 1000 }
  }
}

/** Milliseconds; absent where nobody asks again. */
function askedAgainAfter({ spec }: Provider): number | undefined {
  return spec.type === 'oidc' && spec.askAgainAfter !== undefined
    ? Duration.parse(spec.askAgainAfter).milliseconds
    : undefined
}

function hashOf(provider: string, issuer: string, name: string): string {
  return createHash('sha256')
    .update(JSON.stringify([provider, issuer, name]))
    .digest('base64url')
}
