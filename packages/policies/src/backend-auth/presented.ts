import { Secret } from '@portcullis/kernel/secret'
import type { BackendIdentity } from '@portcullis/model/decision/decision'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { Principal } from '@portcullis/policy-kit/principal'
import { rememberWith } from '../memory/remember-with.ts'
import { findPresentedToken } from '../token/presented.ts'
import { type BackendAuthFacts, backendAuthFaults } from './contract.ts'

export interface Presented {
  readonly token: Secret
  readonly principal: Principal
}

/**
 * The access token that established the caller. Only where the caller was established by a token: a token beside another
 * credential may be anybody's.
 *
 * @throws backend-auth.no-token
 */
export function presentedBy(x: Exchange, { bearerSchemes }: BackendAuthFacts): Presented {
  const { principal } = x
  const isByToken =
    principal?.token !== undefined && principal.schemes.some((each) => bearerSchemes.includes(each))
  const found = isByToken ? findPresentedToken(x.request.headers, noToken) : undefined
  if (principal === undefined || found === undefined) throw noToken()
  return { token: new Secret(found.token), principal }
}

const told = rememberWith<NonNullable<BackendIdentity['presented']>>()
const MAX_AUDIENCES = 16
const MAX_ACTORS = 8
const MAX_NAME_CHARACTERS = 256

/** What the decision record says of the token that a caller presented: one object for all calls with it. */
export function tellPresented(principal: Principal): NonNullable<BackendIdentity['presented']> {
  const known = told.of(principal)
  if (known !== undefined) return known
  const { issuer, expiresAt, claims } = principal
  const presented = {
    issuer,
    audience: audiencesOf(claims.aud),
    ...(Number.isFinite(expiresAt) && { expiresAt: new Date(expiresAt).toISOString() }),
    ...(typeof claims.idp === 'string' && { identityProvider: claims.idp.slice(0, MAX_NAME_CHARACTERS) }),
    ...actorsOf(principal),
  }
  told.keep(principal, presented)
  return presented
}

function audiencesOf(aud: unknown): string[] {
  const all: unknown[] = Array.isArray(aud) ? aud : [aud]
  return all
    .filter((each) => typeof each === 'string')
    .slice(0, MAX_AUDIENCES)
    .map((each) => each.slice(0, 2048))
}

/** Those before whoever presents the token: `act` names the nearest first, and that is the presenter. */
function actorsOf({ client, claims }: Principal): { actors?: string[] } {
  const actors: string[] = []
  let act: unknown = claims.act
  while (typeof act === 'object' && act !== null && actors.length <= MAX_ACTORS) {
    const { sub, act: before } = act as { readonly sub?: unknown; readonly act?: unknown }
    if (typeof sub === 'string') actors.push(sub.slice(0, MAX_NAME_CHARACTERS))
    act = before
  }
  const before = (actors[0] === client ? actors.slice(1) : actors).slice(0, MAX_ACTORS)
  return before.length === 0 ? {} : { actors: before.toReversed() }
}

function noToken() {
  return backendAuthFaults['no-token']()
}
