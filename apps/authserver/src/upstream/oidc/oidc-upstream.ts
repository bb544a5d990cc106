import type { OidcProviderSpec } from '@portcullis/model/resource/identity-provider/oidc'
import { decodeJwt } from 'jose'
import * as client from 'openid-client'
import type { UpstreamPorts } from '../catalog.ts'
import { upstreamFaults } from '../fault.ts'
import type {
  Beginning,
  BrowserUpstream,
  UpstreamAnswer,
  UpstreamIdentity,
  UpstreamSession,
  UpstreamSignIn,
} from '../upstream.ts'
import { clientChecker } from './check-client.ts'
import { foreignTokenReader } from './foreign-token.ts'
import { identityOf } from './identity-of.ts'
import { readLogoutToken } from './logout-token.ts'
import { relyingPartyOf } from './relying-party.ts'
import { toldAs } from './told-as.ts'

/** Signs users in with an OpenID provider: code flow with PKCE, nonce, state and signed ID tokens. */
export function openOidcUpstream(spec: OidcProviderSpec, ports: UpstreamPorts): BrowserUpstream {
  const relyingParty = relyingPartyOf(spec, ports)
  const readToken = foreignTokenReader(spec, relyingParty, ports)
  const checkClient = spec.clientChecks && clientChecker(spec.clientChecks, relyingParty, ports)
  return {
    by: 'browser',
    begin: (signIn) => toldAs(() => begin(spec, signIn)),
    finish: (answer) => toldAs(() => finish(answer)),
    readToken: (token) => toldAs(() => readToken(token)),
    ...(checkClient && { checkClient: (id, secret) => toldAs(() => checkClient(id, secret)) }),
    renew: (session) => toldAs(() => renew(session)),
    signOut: async ({ hint }, returnTo, state) => {
      const configuration = await toldAs(relyingParty)
      if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined
      const location = client.buildEndSessionUrl(configuration, {
        post_logout_redirect_uri: returnTo.href,
        state,
        ...(hint !== undefined && { id_token_hint: hint }),
      })
      return { kept: {}, location }
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

  async function finish({ state, callback, kept, parameters }: UpstreamAnswer): Promise<UpstreamIdentity> {
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
    const userinfo = await userinfoOf(configuration, tokens, claims.sub)
    const { id_token, refresh_token } = tokens
    return identityOf(
      spec,
      { ...userinfo, ...claims },
      { id_token, refresh_token, refreshUntil: endOf(tokens) },
    )
  }

  /** OpenID Connect Core §12.2: of the same user; what is not told again is as it was. */
  async function renew(session: UpstreamSession): Promise<UpstreamIdentity> {
    const { refreshToken, refreshUntil = Number.POSITIVE_INFINITY, hint } = session
    if (refreshToken === undefined || hint === undefined)
      throw upstreamFaults.refused({ internal: 'no refresh token' })
    if (ports.clock.now() >= refreshUntil)
      throw upstreamFaults.refused({ internal: 'its refresh token is over' })
    const configuration = await relyingParty()
    const known = decodeJwt(hint)
    const tokens = await client.refreshTokenGrant(configuration, refreshToken)
    const claims = tokens.claims() ?? known
    if (claims.sub !== known.sub) throw upstreamFaults.refused({ internal: 'it renewed somebody else' })
    const userinfo = await userinfoOf(configuration, tokens, String(claims.sub))
    const { id_token = hint, refresh_token = refreshToken } = tokens
    // Of a refresh token that stays the same the end may stay unsaid.
    const isSame = refresh_token === refreshToken
    const until = endOf(tokens) ?? (isSame ? session.refreshUntil : undefined)
    return identityOf(
      spec,
      { ...known, ...userinfo, ...claims },
      { id_token, refresh_token, refreshUntil: until },
    )
  }

  /** No standard says it; many providers do. */
  function endOf({ refresh_expires_in: seconds }: { readonly [name: string]: unknown }): number | undefined {
    return typeof seconds === 'number' && seconds > 0 ? ports.clock.now() + seconds * 1000 : undefined
  }

  function userinfoOf(
    configuration: client.Configuration,
    { access_token: token }: { readonly access_token: string },
    subject: string,
  ): Promise<Readonly<Record<string, unknown>>> {
    return spec.userinfo ? client.fetchUserInfo(configuration, token, subject) : Promise.resolve({})
  }
}

function demanded(spec: OidcProviderSpec, { demand, loginHint }: UpstreamSignIn): Record<string, string> {
  return {
    ...(demand.again && { prompt: 'login' }),
    max_age: String(demand.maxAgeSeconds),
    ...(demand.multiFactor && spec.multiFactorAcr !== undefined && { acr_values: spec.multiFactorAcr }),
    ...(loginHint !== undefined && { login_hint: loginHint }),
  }
}
