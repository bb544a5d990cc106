import { decodeJwt } from 'jose'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { AccessTokenClaims } from '../../provider/access-token.ts'
import { SERVES } from '../../provider/client.ts'
import { accountOfSubject } from '../../upstream/accounts.ts'
import { upstreamFaults } from '../../upstream/fault.ts'
import type { GrantParts } from '../grant.ts'

const MOST_CHARACTERS = 16 * 1024

/**
 * An access token of an identity provider that may be exchanged here, as if it were one of ours: its subject is the user here
 * whom the provider means, and never who has the same name. Who acts there is named with who says so (RFC 8693 §4.1), and
 * how the user signed in there is nothing that an API here could rely on. Absent where it is no such token.
 */
export async function readForeignSubject(
  ctx: KoaContextWithOIDC,
  parts: GrantParts,
  token: string,
): Promise<AccessTokenClaims | undefined> {
  const issuer = issuerOf(token)
  const [provider, another] = (await parts.federation.listProviders()).filter(
    ({ spec }) => spec.type === 'oidc' && spec.issuer === issuer && spec.subjectTokens !== undefined,
  )
  // Of two that speak for one issuer nobody knows which users are meant.
  if (another !== undefined) return undefined
  const { upstream, spec } = provider ?? {}
  if (provider === undefined || spec?.type !== 'oidc' || upstream?.by !== 'browser') return undefined
  const claims = await upstream.readToken?.(token).catch(forgiveBadToken)
  const { sub, client_id: client, exp, iat = 0, jti = '', act, may_act, cnf } = claims ?? {}
  // Of an app that speaks for itself there is no user here.
  if (sub === undefined || exp === undefined || typeof client !== 'string' || sub === client) return undefined
  const named = [claims?.aud].flat()
  const served: unknown = ctx.oidc.client?.[SERVES]
  const aud = spec.subjectTokens?.audiences.find((each) => {
    return named.includes(each) && Array.isArray(served) && served.includes(each)
  })
  // A token for several is good for none but those that the provider may speak to here.
  if (aud === undefined) return undefined
  const user = await accountOfSubject(parts, provider, { issuer: spec.issuer, subject: sub })
  if (user === undefined) return undefined
  return {
    iss: spec.issuer,
    sub: user,
    aud,
    client_id: `${client}@${spec.issuer}`,
    exp,
    iat,
    jti,
    idp: provider.name,
    ...(act !== undefined && { act: namedActor(act, spec.issuer) }),
    ...(may_act !== undefined && { may_act: ofIssuer(may_act, spec.issuer) }),
    ...(cnf !== undefined && { cnf: cnf as Readonly<Record<string, string>> }),
  }
}

function issuerOf(token: string): string | undefined {
  if (token.length > MOST_CHARACTERS) return undefined
  try {
    return decodeJwt(token).iss
  } catch {
    // No JWT: it is none of ours and none of theirs.
    return undefined
  }
}

const MOST_ACTORS = 8

/** A chain of theirs, each with the issuer in whose words it is named. */
function namedActor(act: unknown, issuer: string, depth = 1): Record<string, unknown> {
  if (depth > MOST_ACTORS) throw upstreamFaults.refused({ internal: 'too many actors' })
  const actor = ofIssuer(act, issuer)
  return actor.act === undefined ? actor : { ...actor, act: namedActor(actor.act, issuer, depth + 1) }
}

function ofIssuer(value: unknown, issuer: string): Record<string, unknown> {
  const { sub, iss, act } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >
  return { sub, iss: iss ?? issuer, ...(act !== undefined && { act }) }
}

function forgiveBadToken(thrown: unknown): undefined {
  if (!upstreamFaults.refused.is(thrown)) throw thrown
}
