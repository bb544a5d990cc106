import { hash } from 'node:crypto'
import { onceFor } from '@portcullis/kernel/once-for'
import type { AuthorizationDetail } from '@portcullis/oauth/authorization-detail'
import { RecentMap } from '@portcullis/policies/memory/recent-map'
import { createLocalJWKSet, errors, type JWK, type JWTPayload, jwtVerify } from 'jose'
import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { ProviderKey } from '../key/signing-keys.ts'
import type { Revoker } from './revoker.ts'

/** RFC 9068 §2.2, and what makes a token of ours revocable. */
export interface AccessTokenClaims extends JWTPayload {
  readonly iss: string
  readonly sub: string
  readonly aud: string
  readonly client_id: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  readonly scope?: string
  readonly grant_id?: string
  readonly sid?: string
  readonly acr?: string
  readonly amr?: readonly string[]
  readonly auth_time?: number
  readonly cnf?: Readonly<Record<string, string>>
  readonly act?: Readonly<Record<string, unknown>>
  /** Of a user whom an identity provider knows: which one, and what it says of them. */
  readonly idp?: string
  readonly roles?: readonly string[]
  readonly groups?: readonly string[]
  readonly authorization_details?: readonly AuthorizationDetail[]
  readonly may_act?: Readonly<Record<string, unknown>>
}

/** The claims of an access token that this issuer gave and that is good now; absent for anything else. */
export type ReadAccessToken = (token: string) => Promise<AccessTokenClaims | undefined>

const MOST_CHARACTERS = 16 * 1024
/** Tokens whose signature need not be verified again, of each organization. */
const MOST_VERIFIED = 2_000

export function accessTokenReader({
  issuer,
  jwks,
  revoker,
}: {
  readonly issuer: URL
  /** Keys that sign or have signed. */
  readonly jwks: readonly ProviderKey[]
  readonly revoker: Revoker
}): ReadAccessToken {
  const keys = createLocalJWKSet({ keys: jwks.map(publicPart) })
  const algorithms = [...new Set(jwks.flatMap(({ alg }) => alg ?? []))]
  const verify = async (token: string): Promise<AccessTokenClaims | undefined> => {
    const options = { issuer: issuer.href, typ: 'at+jwt', algorithms }
    const claims = await jwtVerify(token, keys, options).then(({ payload }) => payload, forgiveBadToken)
    return claims !== undefined && isWhole(claims) ? claims : undefined
  }
  const verified = new RecentMap<AccessTokenClaims>(MOST_VERIFIED)
  return async (token) => {
    if (token.length > MOST_CHARACTERS) return undefined
    // A signature stays good; all else is asked each time. The hash, so that no token lies about in memory.
    const name = hash('sha256', token, 'base64url')
    const known = verified.get(name)
    const claims = known ?? (await verify(token))
    if (claims === undefined) return undefined
    if (known === undefined) verified.set(name, claims)
    // By the system's clock, with which oidc-provider dates them.
    if (claims.exp <= Date.now() / 1000) return undefined
    return (await revoker.covers(revocableOf(claims))) ? undefined : claims
  }
}

export const revocableOf = onceFor((claims: AccessTokenClaims) => {
  const { jti, sub, client_id: client, grant_id: grant, sid: session, iat } = claims
  return { id: jti, subject: sub, client, grant, session, issuedAt: iat * 1000 }
})

/**
 * JWT access tokens are their own record: oidc-provider looks one up where it wants to know what it may do, and finds what
 * the token says of itself, if it is good. Whoever is shown a token for an API learns nothing from it at UserInfo: only
 * a token for UserInfo is one without an audience in the terms of oidc-provider.
 */
export class AccessTokenAdapter implements Adapter {
  readonly #read: ReadAccessToken
  readonly #userinfo: string
  readonly #grants: Pick<Adapter, 'find'>

  constructor(read: ReadAccessToken, userinfo: string, grants: Pick<Adapter, 'find'>) {
    this.#read = read
    this.#userinfo = userinfo
    this.#grants = grants
  }

  async find(token: string): Promise<AdapterPayload | undefined> {
    const claims = await this.#read(token)
    if (claims === undefined) return undefined
    const { jti, sub, grant_id: grantId, aud, exp, iat, scope, act, cnf } = claims
    // Of an exchanged token the grant is that of the app with which the user began.
    const grant = grantId === undefined ? undefined : await this.#grants.find(grantId)
    const clientId = (grant || undefined)?.clientId ?? claims.client_id
    return {
      kind: 'AccessToken',
      jti,
      clientId,
      accountId: sub,
      exp,
      iat,
      ...(grantId !== undefined && { grantId }),
      ...(scope !== undefined && { scope }),
      ...(aud !== this.#userinfo && { aud }),
      ...(act !== undefined && { extra: { act } }),
      ...(cnf?.jkt !== undefined && { jkt: cnf.jkt }),
      ...(cnf?.['x5t#S256'] !== undefined && { 'x5t#S256': cnf['x5t#S256'] }),
    }
  }

  /** They end by the log of revocations, and expire by themselves. */
  async revokeByGrantId(): Promise<undefined> {}
  async destroy(): Promise<undefined> {}
  upsert = refuse
  findByUid = refuse
  findByUserCode = refuse
  consume = refuse
}

function publicPart(key: ProviderKey): JWK {
  const { kty, crv, x, y, n, e, pub, kid, alg, use } = key
  return JSON.parse(JSON.stringify({ kty, crv, x, y, n, e, pub, kid, alg, use })) as JWK
}

function isWhole(claims: JWTPayload): claims is AccessTokenClaims {
  const texts = [claims.sub, claims.aud, claims.client_id, claims.jti]
  const times = [claims.iat, claims.exp]
  return texts.every((each) => typeof each === 'string') && times.every((each) => typeof each === 'number')
}

function forgiveBadToken(thrown: unknown): undefined {
  if (thrown instanceof errors.JOSEError || thrown instanceof TypeError) return undefined
  throw thrown
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('JWT access tokens are not stored'))
}
