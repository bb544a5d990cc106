import { metadataUrlOf } from '@portcullis/model/protected-resource'
import type { SecurityScheme } from '@portcullis/model/security'
import type { Principal } from '@portcullis/policy-kit/principal'
import { apiKeyChallenge, isApiKey, placeOf } from '../scheme/api-key-place.ts'
import { basicChallenge, isBasic } from '../scheme/basic.ts'
import { isBearer, type Way } from '../scheme/requirement.ts'
import { bearerChallenge, quoted } from '../token/bearer-challenge.ts'

/** What a caller whose identities satisfy no alternative has to do. */
export type Shortfall =
  /** Nobody is known to call. */
  | { readonly kind: 'unknown-caller' }
  /** Somebody is known, but no way in is for the kind of credentials that they sent. */
  | { readonly kind: 'other-credentials' }
  /** The way in that lacks least. */
  | { readonly kind: 'insufficient'; readonly nearest: Way }

export function shortfallOf(ways: readonly Way[], identities: readonly Principal[]): Shortfall {
  if (identities.length === 0) return { kind: 'unknown-caller' }
  const schemes = new Set(identities.flatMap((each) => each.schemes))
  const scopes = heldBy(identities)
  const lackingIn = (way: Way): number => way.scopes.filter((scope) => !scopes.has(scope)).length
  const open = ways.filter((way) => way.schemes.every((scheme) => schemes.has(scheme)))
  const nearest = open.toSorted((a, b) => lackingIn(a) - lackingIn(b))[0]
  return nearest === undefined ? { kind: 'other-credentials' } : { kind: 'insufficient', nearest }
}

/** The scopes of all identities together. */
export function heldBy(identities: readonly Principal[]): ReadonlySet<string> {
  return new Set(identities.flatMap((each) => [...each.scopes]))
}

/**
 * The challenges that tell a caller how to get in (RFC 9110 §11.6.1): one for each scheme of each way, with the
 * scopes that would do. Mutual TLS, which is no HTTP authentication scheme, has none.
 */
export function challengesFor(
  ways: readonly Way[],
  schemes: ReadonlyMap<string, SecurityScheme>,
  realm: string,
): string[] {
  const challenges = ways.flatMap((way) =>
    way.schemes.flatMap((name) => challengeFor(schemes.get(name), realm, way.scopes)),
  )
  return [...new Set(challenges)]
}

function challengeFor(
  scheme: SecurityScheme | undefined,
  realm: string,
  scopes: readonly string[],
): string[] {
  if (scheme === undefined) return []
  if (isBearer(scheme)) {
    return [bearerChallenge({ realm, scope: scopes.join(' '), resourceMetadata: metadataUrlOf(realm) })]
  }
  if (isBasic(scheme)) return [basicChallenge(realm)]
  if (isApiKey(scheme)) return [apiKeyChallenge(placeOf(scheme), realm)]
  return scheme.type === 'http' ? [`${scheme.scheme} realm=${quoted(realm)}`] : []
}

/** A requirement on one line, for whoever asks why: `list_items order_item | admin`. */
export function describeWays(ways: readonly Way[]): string {
  return ways.map((way) => way.scopes.join(' ') || '(no scope)').join(' | ')
}
