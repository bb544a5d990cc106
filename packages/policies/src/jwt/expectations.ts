import { Duration } from '@portcullis/kernel/duration'
import { algorithms } from '@portcullis/ports/keys/port'
import { type ClaimAssertion, readyAssertion } from '../token/claim-assertion.ts'
import { placesOf } from '../token/claim-pointers.ts'
import { appsOf, ownAppsOf } from '../token/external-apps.ts'
import { standardPlaces } from '../token/identity.ts'
import type { JwtConfig, JwtFacts } from './contract.ts'
import type { Expectations } from './rules.ts'

const ACCESS_TOKEN = 'at+jwt'

/** What is expected of tokens of our own authorization server: RFC 9068, and nothing beside it. */
export function ownExpectations(
  issuer: { readonly issuer: string; readonly jwksUri: string },
  audience: string,
): Expectations {
  return {
    issuer: issuer.issuer,
    jwksUri: issuer.jwksUri,
    audiences: [audience],
    algorithms,
    types: [ACCESS_TOKEN],
    places: standardPlaces,
    clockSkewMillis: 10_000,
    assertions: [],
  }
}

/** One for each issuer. One that is configured comes before the environment's own, and so takes its place. */
export function expectationsFor(config: JwtConfig, facts: JwtFacts): Expectations[] {
  const shared = {
    clockSkewMillis: Duration.parse(config.clockSkew).milliseconds,
    ...(config.maxAge !== undefined && { maxAgeMillis: Duration.parse(config.maxAge).milliseconds }),
  }
  const assertions = (more: readonly ClaimAssertion[]) => [...config.assertions, ...more].map(readyAssertion)
  const others = config.issuers.map((each) => ({
    ...shared,
    issuer: each.issuer,
    jwksUri: each.jwksUri,
    audiences: each.audiences ?? [facts.audience],
    algorithms: each.algorithms,
    types: each.types.map(normalType),
    places: placesOf(each.claims, appsOf(each, facts)),
    assertions: assertions(each.assertions),
  }))
  if (!config.ownIssuer) return others
  const own = ownExpectations(facts, facts.audience)
  const places = { ...own.places, ...ownAppsOf(facts) }
  return [...others, { ...own, places, ...shared, assertions: assertions([]) }]
}

/** `application/` may be left out and case does not matter (RFC 7515 §4.1.9); `none` stands for no `typ` at all. */
function normalType(type: string): string {
  const lower = type.toLowerCase()
  return lower === 'none' ? '' : lower.replace(/^application\//, '')
}
