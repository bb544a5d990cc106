import type { Alternative, Security, SecurityScheme } from '@portcullis/model/security'
import type { Principal } from '@portcullis/policy-kit/principal'

/** One way to satisfy a contract's security requirement: all of these schemes with all of these scopes. */
export interface Way {
  readonly schemes: readonly string[]
  readonly scopes: readonly string[]
}

/** The ways of a requirement, in the order of the contract (OpenAPI: array = OR, object = AND). */
export function waysOf(security: Security): Way[] {
  return security.map((alternative: Alternative) => ({
    schemes: Object.keys(alternative),
    scopes: [...new Set(Object.values(alternative).flat())],
  }))
}

function hasSchemes(way: Way, principal: Principal): boolean {
  return way.schemes.every((scheme) => principal.schemes.includes(scheme))
}

export function isSatisfied(way: Way, principal: Principal): boolean {
  return hasSchemes(way, principal) && coversAll(way.scopes, principal.scopes)
}

export function coversAll(needed: readonly string[], held: ReadonlySet<string>): boolean {
  for (const scope of needed) if (!held.has(scope)) return false
  return true
}

/** Whether a scheme's credential is a token in `Authorization: Bearer` (RFC 6750 §2.1; scheme names know no case). */
export function isBearer(scheme: SecurityScheme): boolean {
  if (scheme.type === 'http') return scheme.scheme.toLowerCase() === 'bearer'
  return scheme.type === 'oauth2' || scheme.type === 'openIdConnect'
}

/** The schemes that an operation mentions and whose credential is a bearer token, by name. */
export function bearerSchemes(
  schemes: Readonly<Record<string, SecurityScheme>>,
  security: Security,
): string[] {
  return [...demandedSchemes(schemes, security, isBearer).keys()]
}

/** The schemes of a kind that an operation mentions, by name. */
export function demandedSchemes(
  schemes: Readonly<Record<string, SecurityScheme>>,
  security: Security,
  isMeant: (scheme: SecurityScheme) => boolean,
): Map<string, SecurityScheme> {
  const found = new Map<string, SecurityScheme>()
  for (const name of security.flatMap((alternative) => Object.keys(alternative))) {
    const scheme = schemeNamed(schemes, name)
    if (scheme !== undefined && isMeant(scheme)) found.set(name, scheme)
  }
  return found
}

/** A scheme of the contract by its name. Own keys only: a scheme may be called `constructor`. */
export function schemeNamed(
  schemes: Readonly<Record<string, SecurityScheme>>,
  name: string,
): SecurityScheme | undefined {
  return Object.hasOwn(schemes, name) ? schemes[name] : undefined
}
