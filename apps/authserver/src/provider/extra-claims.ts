import type { AccessToken, ClientCredentials, KoaContextWithOIDC } from 'oidc-provider'

/** Who acts, and for whom one acts on (RFC 8693 §4.1). */
export interface Actor {
  readonly sub: string
  /** In whose words, where not in ours. */
  readonly iss?: string
  readonly act?: Actor
}

/** Claims of a token that say whose authority it carries on. */
export interface ExtraClaims {
  readonly act?: Actor
  readonly grant_id?: string
  readonly sid?: string
  /** How and when the subject signed in. */
  readonly acr?: string
  readonly amr?: readonly string[]
  readonly auth_time?: number
  /** Which identity provider knows the subject, and what it says of them. */
  readonly idp?: string
  readonly roles?: readonly string[]
  readonly groups?: readonly string[]
}

/** oidc-provider drops what a grant sets on a token; it asks for claims when the token is written. */
const carried = new WeakMap<object, ExtraClaims>()

/** Gives claims to a token that is about to be issued. */
export function carry(token: AccessToken, claims: ExtraClaims): void {
  carried.set(token, claims)
}

/** What a token can be revoked by, beside its own id, its subject and its app, and what it was given. */
function extraClaims(token: AccessToken | ClientCredentials): ExtraClaims | undefined {
  const given = carried.get(token)
  if (given !== undefined) return { ...given }
  if (!('grantId' in token) || token.grantId === undefined) return undefined
  return {
    grant_id: token.grantId,
    // As in ID tokens (OpenID Connect Front-Channel Logout §3).
    ...(token.sessionUid !== undefined && { sid: token.sessionUid }),
  }
}

/** Claims that rules add to a token, and take from it. None is one that tokens have of their own accord. */
export interface RuledClaims {
  readonly addClaims: Readonly<Record<string, unknown>>
  readonly dropClaims: readonly string[]
}

const ruled = new WeakMap<object, RuledClaims>()

/** What rules make of the claims of a token that is about to be issued. */
export function ruleClaims(token: object, claims: RuledClaims): void {
  ruled.set(token, claims)
}

/** What a token says beside what every token says, before any rule. */
export function claimsOf({ oidc }: KoaContextWithOIDC, token: AccessToken | ClientCredentials): ExtraClaims {
  return { ...extraClaims(token), ...signInOf(oidc.entities) }
}

/** The same once the rules were asked; `told`: what an identity provider says of the user. */
export function writtenClaims(
  ctx: KoaContextWithOIDC,
  token: AccessToken | ClientCredentials,
  told: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const { addClaims = {}, dropClaims = [] } = ruled.get(token) ?? {}
  const written: Record<string, unknown> = { ...told, ...addClaims, ...claimsOf(ctx, token) }
  for (const claim of dropClaims) delete written[claim]
  return written
}

/** How and when the user signed in (RFC 9068 §2.2.1), for APIs that ask for more (RFC 9470). */
function signInOf({
  AuthorizationCode: code,
  RefreshToken: refreshed,
  DeviceCode: device,
  BackchannelAuthenticationRequest: backchannel,
}: KoaContextWithOIDC['oidc']['entities']): ExtraClaims {
  const { acr, amr, authTime } = code ?? refreshed ?? device ?? backchannel ?? {}
  return {
    ...(acr !== undefined && { acr }),
    ...(amr !== undefined && { amr }),
    ...(authTime !== undefined && { auth_time: authTime }),
  }
}
