import type { SecurityScheme } from '@portcullis/model/security'
import type { Principal } from '@portcullis/policy-kit/principal'
import { bearerChallenge, quoted } from '../bearer-challenge.ts'
import { hasSchemes, isBearer, isSatisfied, type Way } from '../requirement.ts'

/** What a caller has to do with a requirement. */
export type Judgement =
  | { readonly kind: 'satisfied' }
  /** Nobody is known to call. */
  | { readonly kind: 'unknown-caller' }
  /** Somebody is known, but no way in is for the kind of credentials that they sent. */
  | { readonly kind: 'other-credentials' }
  /** The way in that lacks least. */
  | { readonly kind: 'insufficient'; readonly nearest: Way }

const SATISFIED: Judgement = { kind: 'satisfied' }
const UNKNOWN_CALLER: Judgement = { kind: 'unknown-caller' }
const OTHER_CREDENTIALS: Judgement = { kind: 'other-credentials' }

/** Any one way is enough; a way without schemes lets anybody pass, known or not. */
export function judge(ways: readonly Way[], principal: Principal | undefined): Judgement {
  if (ways.some((way) => way.schemes.length === 0)) return SATISFIED
  if (principal === undefined) return UNKNOWN_CALLER
  if (ways.some((way) => isSatisfied(way, principal))) return SATISFIED
  const open = ways.filter((way) => hasSchemes(way, principal))
  const nearest = open.toSorted((a, b) => lackingIn(a, principal) - lackingIn(b, principal))[0]
  return nearest === undefined ? OTHER_CREDENTIALS : { kind: 'insufficient', nearest }
}

function lackingIn(way: Way, principal: Principal): number {
  return way.scopes.filter((scope) => !principal.scopes.has(scope)).length
}

/**
 * The challenges that tell a caller how to get in (RFC 9110 §11.6.1): one for each scheme of each way, with the
 * scopes that would do. Schemes that are no HTTP authentication scheme (API keys, mutual TLS) have none.
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
  if (isBearer(scheme)) return [bearerChallenge({ realm, scope: scopes.join(' ') })]
  return scheme.type === 'http' ? [`${scheme.scheme} realm=${quoted(realm)}`] : []
}

/** A requirement on one line, for whoever asks why: `list_items order_item | admin`. */
export function describeWays(ways: readonly Way[]): string {
  return ways.map((way) => way.scopes.join(' ') || '(no scope)').join(' | ')
}
