import type { Principal } from '@portcullis/policy-kit/principal'

/** What the gateway states itself: nothing that a caller's token says takes its place. */
export const ownClaims: ReadonlySet<string> = new Set([
  'iss',
  'aud',
  'sub',
  'sub_id',
  'client_id',
  'scope',
  'act',
  'iat',
  'exp',
  'nbf',
  'jti',
  'cnf',
])

export interface IdentityTerms {
  readonly issuer: string
  readonly audience: string
  readonly lifeMillis: number
  /** Further claims of the caller. */
  readonly claims: readonly string[]
}

/** What a gateway vouches for, of one caller at one moment. */
export interface Identity {
  readonly claims: Readonly<Record<string, unknown>>
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

/** Never longer than the caller's own credential. */
export function identityOf(principal: Principal, terms: IdentityTerms, nowMillis: number): Identity {
  const iat = Math.floor(nowMillis / 1000)
  const exp = Math.floor(Math.min(nowMillis + terms.lifeMillis, principal.expiresAt) / 1000)
  const act = actorOf(principal)
  const further = terms.claims.flatMap((name) =>
    Object.hasOwn(principal.claims, name) ? [[name, principal.claims[name]] as const] : [],
  )
  return {
    expiresAt: exp * 1000,
    claims: {
      ...Object.fromEntries(further),
      iss: terms.issuer,
      aud: terms.audience,
      sub: principal.subject,
      // Two issuers may know two people by one name (RFC 9493 §3.2.4).
      sub_id: { format: 'iss_sub', iss: principal.issuer, sub: principal.subject },
      client_id: principal.client,
      scope: [...principal.scopes].join(' '),
      ...(act !== undefined && { act }),
      iat,
      exp,
    },
  }
}

/** Who acts for the subject (RFC 8693 §4.1): the app, where the subject is somebody else, and before it whoever acted so far. */
function actorOf({ subject, client, claims }: Principal): unknown {
  const before = claims.act
  if (subject === client) return before
  return { sub: client, ...(before !== undefined && { act: before }) }
}
