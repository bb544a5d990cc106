import type { Revocable } from '@portcullis/model/news/revocation'
import { appendRevocations, fromNow, type NewRevocation } from '@portcullis/oauth/revocation/revocation-log'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Store } from '@portcullis/ports/store/port'
import { decodeJwt } from 'jose'
import { revocationFaults } from './fault.ts'

/** The longest that a token may live which somebody revokes. Ours live an hour at most; an issuer elsewhere may give more. */
const TOKEN_LIVES_MILLIS = 24 * 3_600_000

export interface ToRevoke {
  readonly what: Revocable
  /** The id of what is meant; of a token also the token itself. */
  readonly value: string
}

/** Revokes for an issuer; resolves to the position of the last. Fault: `revocation.not-revocable`; then nothing is. */
export async function revoke(
  store: Store,
  clock: Clock,
  issuer: string,
  wanted: readonly ToRevoke[],
): Promise<number> {
  const common = fromNow(clock, issuer, TOKEN_LIVES_MILLIS)
  const news: NewRevocation[] = wanted.map(({ what, value }) => ({
    ...common,
    what,
    value: what === 'token' ? idOfToken(value, issuer) : value,
  }))
  const written = await appendRevocations(store, news)
  return written.at(-1)?.position ?? 0
}

/** The signature is of no matter: who may revoke may revoke any id. */
function idOfToken(value: string, issuer: string): string {
  if (!value.includes('.')) return value
  const claims = claimsOf(value)
  if (claims?.iss !== issuer || typeof claims.jti !== 'string') {
    throw revocationFaults['not-revocable']({ detail: `It is no JWT of ${issuer} with an id.` })
  }
  return claims.jti
}

function claimsOf(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return decodeJwt(token)
  } catch {
    return undefined
  }
}
