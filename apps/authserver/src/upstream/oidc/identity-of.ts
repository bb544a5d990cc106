import { pathOf, valueAt } from '@portcullis/kernel/json-pointer'
import type { OidcProviderSpec } from '@portcullis/model/resource/identity-provider/oidc'
import { upstreamFaults } from '../fault.ts'
import type { UpstreamIdentity } from '../upstream.ts'

const MOST_GROUPS = 1_000
const MOST_CHARACTERS = 254

interface GivenTokens {
  readonly id_token?: string | undefined
  readonly refresh_token?: string | undefined
  /** Milliseconds since the epoch; absent where the provider does not say. */
  readonly refreshUntil?: number | undefined
}

/** Claims that were checked, and what came with them. */
export function identityOf(
  { claims: places, issuer, multiFactorAcr }: OidcProviderSpec,
  claims: Readonly<Record<string, unknown>>,
  tokens: GivenTokens,
): UpstreamIdentity {
  const at = (pointer: string): unknown => valueAt(claims, pathOf(pointer))
  const subject = textOf(claims.sub)
  if (subject === undefined) throw upstreamFaults.refused({ internal: 'no subject of 1 to 254 characters' })
  const name = textOf(at(places.name))
  const address = textOf(at(places.mail))
  const { auth_time: authTime, acr, sid } = claims
  return {
    issuer,
    subject,
    ...(name !== undefined && { name }),
    ...(address !== undefined && { mail: { address, verified: at(places.mailVerified) === true } }),
    groups: textsOf(at(places.groups)),
    claims,
    multiFactor: multiFactorAcr !== undefined && acr === multiFactorAcr,
    ...(typeof authTime === 'number' && { authenticatedAt: authTime }),
    session: {
      name: subject,
      ...(typeof sid === 'string' && { id: sid }),
      ...(tokens.id_token !== undefined && { hint: tokens.id_token }),
      ...(tokens.refresh_token !== undefined && { refreshToken: tokens.refresh_token }),
      ...(tokens.refreshUntil !== undefined && { refreshUntil: tokens.refreshUntil }),
    },
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= MOST_CHARACTERS ? value : undefined
}

function textsOf(value: unknown): string[] {
  const all = Array.isArray(value) ? value.slice(0, MOST_GROUPS) : [value]
  return all.flatMap((each) => textOf(each) ?? [])
}
