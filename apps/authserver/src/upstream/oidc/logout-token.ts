import type { OidcProviderSpec } from '@portcullis/model/resource/identity-provider/oidc'
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose'
import type { Configuration } from 'openid-client'
import type { UpstreamPorts } from '../catalog.ts'
import { upstreamFaults } from '../fault.ts'
import type { UpstreamNotice } from '../upstream.ts'
import { CLOCK_TOLERANCE_SECONDS } from './relying-party.ts'
import { webFetch } from './web-fetch.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const MOST_CHARACTERS = 16 * 1024
/** A notice that is older is of no use any more. */
const MOST_AGE_SECONDS = 300
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'EdDSA', 'Ed25519']

/** OpenID Connect Back-Channel Logout §2.6. */
export async function readLogoutToken(
  notice: ReadonlyMap<string, string>,
  { issuer, clientId }: OidcProviderSpec,
  configuration: Configuration,
  { web, clock }: UpstreamPorts,
): Promise<UpstreamNotice> {
  const token = notice.get('logout_token') ?? ''
  const { jwks_uri: jwksUri } = configuration.serverMetadata()
  if (token.length > MOST_CHARACTERS || jwksUri === undefined) throw refused('no logout token')
  const keys = createRemoteJWKSet(new URL(jwksUri), { [customFetch]: webFetch(web) })
  const { payload } = await jwtVerify(token, keys, {
    issuer,
    audience: clientId,
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    maxTokenAge: MOST_AGE_SECONDS,
    requiredClaims: ['iat', 'jti', 'events'],
    currentDate: new Date(clock.now()),
  }).catch((thrown: unknown) => {
    throw upstreamFaults.refused({ internal: `a logout token: ${String(thrown)}`, cause: thrown })
  })
  const { sub: subject, sid: session, events, nonce } = payload
  const isEvent = typeof events === 'object' && events !== null && Object.hasOwn(events, EVENT)
  // §2.4: with a nonce it would be an ID token that somebody passes off as a notice.
  if (!isEvent || nonce !== undefined) throw refused('it is no logout token')
  if (subject === undefined && typeof session !== 'string') throw refused('it names nobody')
  return {
    issuer,
    ...(subject !== undefined && { name: subject }),
    sessions: typeof session === 'string' ? [session] : [],
  }
}

function refused(internal: string) {
  return upstreamFaults.refused({ internal })
}
