import type { OidcProviderSpec } from '@portcullis/model/resource/identity-provider/oidc'
import { createRemoteJWKSet, customFetch, type JWTPayload, jwtVerify } from 'jose'
import type { UpstreamPorts } from '../catalog.ts'
import { upstreamFaults } from '../fault.ts'
import type { RelyingParty } from './relying-party.ts'
import { CLOCK_TOLERANCE_SECONDS } from './relying-party.ts'
import { webFetch } from './web-fetch.ts'

const MOST_CHARACTERS = 16 * 1024
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'EdDSA', 'Ed25519']

/** The claims of an access token of the provider (RFC 9068 §4), or a refusal. For whom it is, is for the caller to judge. */
export function foreignTokenReader(
  spec: OidcProviderSpec,
  relyingParty: RelyingParty,
  { web, clock }: UpstreamPorts,
): (token: string) => Promise<JWTPayload> {
  let keys: { readonly uri: string; readonly set: ReturnType<typeof createRemoteJWKSet> } | undefined
  return async (token) => {
    const { jwks_uri: uri } = (await relyingParty()).serverMetadata()
    if (token.length > MOST_CHARACTERS || uri === undefined || spec.subjectTokens === undefined) {
      throw upstreamFaults.refused({ internal: 'no token of this provider is taken' })
    }
    if (keys?.uri !== uri) {
      keys = { uri, set: createRemoteJWKSet(new URL(uri), { [customFetch]: webFetch(web) }) }
    }
    const { payload } = await jwtVerify(token, keys.set, {
      issuer: spec.issuer,
      audience: spec.subjectTokens.audiences,
      typ: 'at+jwt',
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['sub', 'aud', 'exp', 'iat', 'client_id'],
      currentDate: new Date(clock.now()),
    })
    return payload
  }
}
