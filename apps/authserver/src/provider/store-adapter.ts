import { hash } from 'node:crypto'
import { onceFor } from '@portcullis/kernel/once-for'
import type { Given } from '@portcullis/oauth/revocation/cut-off'
import type { Clock } from '@portcullis/ports/clock/port'
import { type Change, put, remove, removeWhere, type Store, storeFaults } from '@portcullis/ports/store/port'
import { copyOf } from '@portcullis/ports/store/read-document'
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import { grantedModels, type OidcCollection, oidcCollections } from './collection.ts'
import type { Revoker } from './revoker.ts'
import { settlesSpent, spendLater, takeSpent } from './spending.ts'

/**
 * What says its own id. oidc-provider finds a device's code by what the user types, and writes it back under its id; a request
 * of another device is found by whom it asks; a grant is
 * withdrawn by its id, which tokens tell anyway.
 */
const NAMED: ReadonlySet<OidcCollection> = new Set([
  oidcCollections.DeviceCode,
  oidcCollections.BackchannelAuthenticationRequest,
  oidcCollections.Grant,
])

export interface AdapterContext {
  readonly store: Store
  readonly clock: Clock
  readonly organization: string
  readonly revoker: Revoker
  /** The request that is being answered, where one is. */
  readonly request?: () => object | undefined
}

/**
 * What oidc-provider keeps, in our store. Ids are codes, refresh tokens and session cookies, so a document is kept under
 * the hash of its id and without it: what is read from the store can't be presented. Only those of devices are kept,
 * for the quarter of an hour that they live, and the ids of grants, which nobody can present.
 */
export class StoreAdapter implements Adapter {
  readonly #collection: OidcCollection
  readonly #context: AdapterContext
  readonly #revocableOf: (payload: AdapterPayload) => Omit<Given, 'issuer'> | undefined

  constructor(collection: OidcCollection, context: AdapterContext) {
    this.#collection = collection
    this.#context = context
    this.#revocableOf = onceFor((payload) => revocableOf(collection, payload))
  }

  async upsert(id: string, payload: AdapterPayload, expiresInSeconds?: number): Promise<void> {
    const { store, clock, organization } = this.#context
    const { jti, ...others } = withoutCookie(payload)
    const kept = NAMED.has(this.#collection) ? { ...others, jti } : others
    const options: { readonly expiresAt?: number } =
      expiresInSeconds === undefined ? {} : { expiresAt: clock.now() + Math.ceil(expiresInSeconds * 1000) }
    const changes = [
      put(this.#collection, organization, keyOf(id), kept, options),
      ...(await this.alongside(id, payload, options.expiresAt)),
    ]
    const request = this.#collection === oidcCollections.RefreshToken ? this.#context.request?.() : undefined
    const write = request && takeSpent(request)
    await (write === undefined ? store.commit(changes) : write(changes))
  }

  /** What is written in one commit with it. `expiresAt`: milliseconds since the epoch. */
  protected async alongside(
    _id: string,
    _payload: AdapterPayload,
    _expiresAt: number | undefined,
  ): Promise<readonly Change[]> {
    return []
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const document = await this.#context.store.get(this.#collection, this.#context.organization, keyOf(id))
    const payload = await this.#unlessRevoked(document?.value)
    return payload && Object.assign(payload, { jti: id })
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findBy('uid', uid)
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findBy('userCode', userCode)
  }

  /**
   * Spends a code or refresh token. Of any number of requests that present it at once one succeeds; every other finds
   * that it was used, which means that somebody else may have it: all that the grant gave is revoked (RFC 9700
   * §4.14.2, RFC 6749 §4.1.2).
   *
   * It is spent together with keeping the refresh token that it gives, which oidc-provider does next. A code is spent in any case before
   * its request is answered; a refresh token only with the one that takes its place: whatever happens in between, the app has
   * one that is good.
   */
  async consume(id: string): Promise<void> {
    const { store, clock, organization } = this.#context
    const key = keyOf(id)
    const document = await store.get(this.#collection, organization, key)
    if (document === undefined) throw new errors.InvalidGrant('it was revoked in the meantime')
    const { value, version, expiresAt } = document
    if (value.consumed !== undefined) return this.#refuseReuse(value)
    const consumed = { ...value, consumed: Math.floor(clock.now() / 1000) }
    const options = expiresAt === undefined ? { expect: version } : { expect: version, expiresAt }
    const change = put(this.#collection, organization, key, consumed, options)
    const write = (others: readonly Change[]): Promise<void> => this.#spend(value, [change, ...others])
    const request = this.#context.request?.()
    const isRefresh = this.#collection === oidcCollections.RefreshToken
    if (request !== undefined && (isRefresh || settlesSpent(request))) spendLater(request, write)
    else await write([])
  }

  async #spend(value: AdapterPayload, changes: readonly Change[]): Promise<void> {
    try {
      await this.#context.store.commit(changes)
    } catch (thrown) {
      if (!storeFaults.conflict.is(thrown)) throw thrown
      await this.#refuseReuse(value)
    }
  }

  async destroy(id: string): Promise<void> {
    if (this.#collection === oidcCollections.Grant) return this.#endGrant(id)
    await this.#context.store.commit([remove(this.#collection, this.#context.organization, keyOf(id))])
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    const { store, organization } = this.#context
    await store.commit([removeWhere(this.#collection, organization, 'grantId', grantId)])
  }

  async #findBy(attribute: string, equals: string): Promise<AdapterPayload | undefined> {
    const { store, organization } = this.#context
    const [document] = await store.find(this.#collection, organization, {
      where: { attribute, equals },
      limit: 1,
    })
    return this.#unlessRevoked(document?.value)
  }

  async #refuseReuse({ grantId }: AdapterPayload): Promise<never> {
    if (grantId !== undefined) await this.#endGrant(grantId)
    throw new errors.InvalidGrant('it was used already; everything that the grant gave is revoked')
  }

  /** With all that it gave, access tokens that gateways know of included. */
  async #endGrant(grantId: string): Promise<void> {
    const { store, organization, revoker } = this.#context
    const grant = await store.get(oidcCollections.Grant, organization, keyOf(grantId))
    if (grant !== undefined) await revoker.revokeGrant(grantId)
    await store.commit([
      ...grantedModels.map((model) => removeWhere(oidcCollections[model], organization, 'grantId', grantId)),
      remove(oidcCollections.Grant, organization, keyOf(grantId)),
    ])
  }

  /** What a revoked subject, app, grant or session was given is as if it was not there. A copy: oidc-provider changes it. */
  async #unlessRevoked(payload: AdapterPayload | undefined): Promise<AdapterPayload | undefined> {
    if (payload === undefined) return undefined
    const given = this.#revocableOf(payload)
    return given !== undefined && (await this.#context.revoker.covers(given)) ? undefined : copyOf(payload)
  }
}

function revocableOf(collection: OidcCollection, payload: AdapterPayload): Omit<Given, 'issuer'> | undefined {
  const { accountId, clientId, jti, loginTs, iat } = payload
  // A session is as old as the sign-in that it remembers.
  const since = typeof loginTs === 'number' ? loginTs : iat
  if (since === undefined) return undefined
  const grant = collection === oidcCollections.Grant ? jti : payload.grantId
  const session = collection === oidcCollections.Session ? payload.uid : payload.sessionUid
  return { subject: accountId, client: clientId, grant, session, issuedAt: since * 1000 }
}

/** Under which a document is kept. */
export function keyOf(id: string): string {
  return hash('sha256', id, 'base64url')
}

/** An interaction remembers the session's cookie, which nothing reads. */
function withoutCookie(payload: AdapterPayload): AdapterPayload {
  if (payload.session?.cookie === undefined) return payload
  const { cookie: _, ...session } = payload.session
  return { ...payload, session }
}
