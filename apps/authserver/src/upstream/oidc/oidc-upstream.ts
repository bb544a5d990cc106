import type { OidcProviderSpec } from '@portcullis/model/resource/identity-provider/oidc'
import * as client from 'openid-client'
import type { UpstreamPorts } from '../catalog.ts'
import { upstreamFaults } from '../fault.ts'
import type {
  Beginning,
  BrowserUpstream,
  UpstreamAnswer,
  UpstreamIdentity,
  UpstreamSignIn,
} from '../upstream.ts'
import { identityOf } from './identity-of.ts'
import { readLogoutToken } from './logout-token.ts'
import { CLOCK_TOLERANCE_SECONDS, relyingPartyOf } from './relying-party.ts'
import { toldAs } from './told-as.ts'

/** Signs users in with an OpenID provider: code flow with PKCE, nonce, state and signed ID tokens. */
export function openOidcUpstream(spec: OidcProviderSpec, ports: UpstreamPorts): BrowserUpstream {
  const relyingParty = relyingPartyOf(spec, ports)
  return {
    by: 'browser',
    begin: (signIn) => toldAs(() => begin(spec, signIn)),
    finish: (answer) => toldAs(() => finish(answer)),
    signOut: async ({ hint }, returnTo, state) => {
      const configuration = await toldAs(relyingParty)
      if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined
      return client.buildEndSessionUrl(configuration, {
        post_logout_redirect_uri: returnTo.href,
        state,
        ...(hint !== undefined && { id_token_hint: hint }),
      })
    },
    readNotice: (notice) => toldAs(async () => readLogoutToken(notice, spec, await relyingParty(), ports)),
  }

  async function begin(spec: OidcProviderSpec, signIn: UpstreamSignIn): Promise<Beginning> {
    const configuration = await relyingParty()
    const kept = { nonce: client.randomNonce(), verifier: client.randomPKCECodeVerifier() }
    const parameters = {
      redirect_uri: signIn.callback.href,
      scope: ['openid', ...spec.scopes].join(' '),
      state: signIn.state,
      nonce: kept.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(kept.verifier),
      code_challenge_method: 'S256',
      ...demanded(spec, signIn),
    }
    const isPushed = configuration.serverMetadata().pushed_authorization_request_endpoint !== undefined
    const location = isPushed
      ? await client.buildAuthorizationUrlWithPAR(configuration, parameters)
      : client.buildAuthorizationUrl(configuration, parameters)
    return { kept, location }
  }

  async function finish({
    state,
    callback,
    kept,
    parameters,
    demand,
    begunAt,
  }: UpstreamAnswer): Promise<UpstreamIdentity> {
    const configuration = await relyingParty()
    const url = new URL(callback)
    for (const [name, value] of parameters) url.searchParams.set(name, value)
    const { nonce = '', verifier = '' } = kept
    // It checks `iss` (RFC 9207), the ID token's signature, issuer, audience, nonce and times.
    const tokens = await client.authorizationCodeGrant(configuration, url, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: verifier,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    if (claims === undefined) throw upstreamFaults.refused({ internal: 'no ID token' })
    demandFresh(claims.auth_time, demand.maxAgeSeconds ?? (demand.again ? 0 : undefined), begunAt)
    const userinfo = spec.userinfo
      ? await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
      : {}
    return identityOf(spec, { ...userinfo, ...claims }, tokens)
  }
}

function demanded(spec: OidcProviderSpec, { demand, loginHint }: UpstreamSignIn): Record<string, string> {
  return {
    ...(demand.again && { prompt: 'login' }),
    ...(demand.maxAgeSeconds !== undefined && { max_age: String(demand.maxAgeSeconds) }),
    ...(demand.multiFactor && spec.multiFactorAcr !== undefined && { acr_values: spec.multiFactorAcr }),
    ...(loginHint !== undefined && { login_hint: loginHint }),
  }
}

/** OpenID Connect Core §2, `auth_time`. The sign-in is as old as when it began here: whoever takes long there is no older for it. */
function demandFresh(authTime: unknown, maxAgeSeconds: number | undefined, begunAt: number): void {
  if (maxAgeSeconds === undefined) return
  const oldest = begunAt / 1000 - maxAgeSeconds - CLOCK_TOLERANCE_SECONDS
  if (typeof authTime === 'number' && authTime >= oldest) return
  throw upstreamFaults.refused({
    detail: 'Your sign-in there is too old for what the app asks.',
    internal: `auth_time ${String(authTime)} is before ${oldest}`,
  })
}
