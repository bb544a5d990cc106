import type { SigningAlgorithm } from '@portcullis/model/credential/signing-key'
import type { Lifetimes } from '@portcullis/oauth/lifetime'
import { acrs } from '@portcullis/oauth/sign-in/acr'
import type { TrySignIn } from '@portcullis/oauth/sign-in/sign-in'
import type { Clock } from '@portcullis/ports/clock/port'
import type { Store } from '@portcullis/ports/store/port'
import Keygrip from 'keygrip'
import { type Configuration, type JWKS, Provider } from 'oidc-provider'
import { richAuthorization } from '../authorization-details/rich-authorization.ts'
import { type BackchannelParts, backchannel } from '../backchannel/backchannel.ts'
import { BackchannelAdapter } from '../backchannel/backchannel-adapter.ts'
import type { ClientDocuments } from '../client-document/client-documents.ts'
import type { CountDeviceGuess } from '../device-guess.ts'
import type { ServerKeys } from '../key/server-key.ts'
import type { ProviderKey } from '../key/signing-keys.ts'
import { type MutualTls, mutualTls } from '../mutual-tls/mutual-tls.ts'
import type { ReadDirectory } from '../read-directory.ts'
import { rulesOfAuthorization } from '../token-rules/rule-authorization.ts'
import { ruleRefresh } from '../token-rules/rule-before-spending.ts'
import type { RuleParts } from '../token-rules/rule-tokens.ts'
import type { CheckedClients } from '../upstream/checked-clients.ts'
import type { Federation } from '../upstream/federation.ts'
import { AccessTokenAdapter, type ReadAccessToken } from './access-token.ts'
import type { ReadAccount } from './account.ts'
import { AppAdapter, OWN_METADATA, PROFILE } from './client.ts'
import { CLIENT_ALGORITHMS, demandOwnAssertion, demandShortRequest } from './client-assertion.ts'
import { isModel, oidcCollections } from './collection.ts'
import { allowsOrigin } from './cross-origin.ts'
import { deviceFlow } from './device.ts'
import { writtenClaims } from './extra-claims.ts'
import type { Outbound } from './outbound.ts'
import type { ReadApp } from './own-app.ts'
import { loadExistingGrant, type NeedsSecondFactor, PROVIDER_HINT, prompts } from './prompt.ts'
import { OPENID, resourceIndicators, rotation, userinfoOf } from './resource-indicator.ts'
import type { Revoker } from './revoker.ts'
import type { Screens } from './screen.ts'
import { StoreAdapter } from './store-adapter.ts'
import { ttlOf } from './ttl.ts'

export interface ProviderParts extends BackchannelParts {
  readonly organization: string
  /** `<base URL>/<organization>`. */
  readonly issuer: URL
  readonly store: Store
  readonly clock: Clock
  readonly keys: ServerKeys
  /** With which tokens are signed: by default with the first algorithm. */
  readonly signing: {
    readonly algorithms: readonly SigningAlgorithm[]
    readonly jwks: readonly ProviderKey[]
  }
  readonly lifetimes: Lifetimes
  readonly revoker: Revoker
  readonly readAccessToken: ReadAccessToken
  readonly readDirectory: ReadDirectory
  /** Who gets which token. */
  readonly rules: RuleParts
  readonly screens: Screens
  /** Of the organization, for people. */
  readonly title: () => Promise<string>
  readonly readApp: ReadApp
  readonly checkedClients: Pick<CheckedClients, 'check'>
  readonly documents: Pick<ClientDocuments, 'areTaken' | 'standsFor'>
  readonly readAccount: ReadAccount
  readonly federation: Federation
  readonly needsSecondFactor: NeedsSecondFactor
  /** Whether apps may register themselves. */
  readonly takesRegistrations: () => Promise<boolean>
  readonly trySignIn: TrySignIn
  readonly countDeviceGuess: CountDeviceGuess
  /** How what apps name is fetched. */
  readonly outbound: Outbound
  /** Types of authorization details that some API knows now (RFC 9396). */
  readonly detailTypes: readonly string[]
  /** How apps show certificates; absent where they can't. */
  readonly mutualTls?: MutualTls | undefined
}

/**
 * How apps prove who they are. Not `client_secret_jwt`: to check it the server would have to keep secrets readable, and it
 * keeps hashes.
 */
const SECRET_OR_KEY = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const
const CERTIFICATE = ['tls_client_auth', 'self_signed_tls_client_auth'] as const

const MOST_FETCHED_BYTES = 64 * 1024

/** Clocks of nodes that share a store may differ by this. */
const CLOCK_TOLERANCE_SECONDS = 5

/**
 * All that is configured of oidc-provider. Its defaults are made for trying things out: every feature that we do not
 * mean to offer is off by name, and no default that warns is left in place.
 */
export function configurationOf(parts: ProviderParts): Configuration {
  const { organization, issuer, store, clock, keys, signing, lifetimes, readDirectory, screens } = parts
  const { revoker, readAccessToken } = parts
  const userinfo = userinfoOf(issuer)
  const [algorithm = 'ES256'] = signing.algorithms
  const secure = issuer.protocol === 'https:'
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, overwrite: true } as const
  return {
    adapter: (name) => {
      if (name === 'Client') return new AppAdapter(parts.readApp, parts.detailTypes)
      const context = { store, clock, organization, revoker, request: () => Provider.ctx }
      if (name === 'AccessToken') {
        const grants = new StoreAdapter(oidcCollections.Grant, context)
        return new AccessTokenAdapter(readAccessToken, userinfo, grants)
      }
      if (!isModel(name))
        throw new Error(`oidc-provider asks for "${name}", which no feature that is on needs`)
      if (name === 'BackchannelAuthenticationRequest') return new BackchannelAdapter(context)
      return new StoreAdapter(oidcCollections[name], context)
    },
    jwks: { keys: [...signing.jwks] as JWKS['keys'] },
    cookies: {
      keys: new Keygrip([keys.cookie.reveal()], 'sha256', 'base64'),
      // Below the organization's own path, so that no organization is ever sent another's cookies.
      long: { ...cookie, path: issuer.pathname },
      short: cookie,
      names: cookieNames(secure),
    },

    // What clients may ask for.
    scopes: [OPENID],
    // Who acts for whom is told wherever the subject is (RFC 8693 §4.1).
    claims: { [OPENID]: ['sub', 'act'], acr: null, amr: null, auth_time: null, iss: null },
    acrValues: Object.values(acrs),
    responseTypes: ['code'],
    clientAuthMethods: [...SECRET_OR_KEY, ...(parts.mutualTls === undefined ? [] : CERTIFICATE), 'none'],
    subjectTypes: ['public'],
    pkce: { required: () => true },
    allowOmittingSingleRegisteredRedirectUri: false,
    acceptQueryParamAccessTokens: false,
    enableHttpPostMethods: false,
    conformIdTokenClaims: true,
    routes: {
      revocation: '/token/revocation',
      introspection: '/token/introspection',
      userinfo: '/userinfo',
      code_verification: '/device',
      device_authorization: '/device/authorization',
      pushed_authorization_request: '/request',
      end_session: '/sign-out',
      authorization: '/auth',
      jwks: '/jwks',
      token: '/token',
      backchannel_authentication: '/backchannel',
    },

    // Who clients are.
    clients: [],
    clientDefaults: {
      grant_types: [],
      response_types: [],
      id_token_signed_response_alg: algorithm,
      authorization_signed_response_alg: algorithm,
      introspection_signed_response_alg: algorithm,
      token_endpoint_auth_method: 'client_secret_basic',
    },
    extraClientMetadata: { properties: [...OWN_METADATA], validator: () => undefined },
    // RFC 7523 §3: an assertion is for us alone, and short: whoever finds one has nothing.
    assertJwtClientAuthClaimsAndHeader: (ctx, claims, header) => demandOwnAssertion(ctx, claims, header),
    clientBasedCORS: (_, origin, client) => allowsOrigin(client, origin),
    sectorIdentifierUriValidate: () => true,

    // Who users are, and when they are asked.
    findAccount: async ({ oidc }, user, token) => {
      if (token === undefined) await parts.federation.adopt(oidc)
      return parts.readAccount(user, token ?? oidc.session)
    },
    extraParams: [PROVIDER_HINT],
    interactions: {
      policy: prompts(lifetimes.signInSeconds, parts.needsSecondFactor, rulesOfAuthorization(parts)),
      url: (_, { uid }) => `${issuer.pathname}/interaction/${uid}`,
    },
    loadExistingGrant,
    renderError: screens.renderError,

    // What is issued, and for how long.
    ttl: ttlOf(lifetimes),
    // An app's right to act while its user is away ends with its grant, not with the browser's session.
    expiresWithSession: () => false,
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: async (ctx) => {
      await rotation(readDirectory, userinfo)(ctx)
      await ruleRefresh(ctx, parts)
      return true
    },
    revokeGrantPolicy: () => true,
    extraTokenClaims: async (ctx, token) =>
      writtenClaims(ctx, token, await parts.federation.claimsOf(ctx.oidc.entities)),
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    enabledJWA: {
      clientAuthSigningAlgValues: [...CLIENT_ALGORITHMS],
      idTokenSigningAlgValues: [...signing.algorithms],
      requestObjectSigningAlgValues: [...CLIENT_ALGORITHMS],
      userinfoSigningAlgValues: [...signing.algorithms],
      introspectionSigningAlgValues: [...signing.algorithms],
      authorizationSigningAlgValues: [...signing.algorithms],
      dPoPSigningAlgValues: [...CLIENT_ALGORITHMS],
      attestSigningAlgValues: [...signing.algorithms],
    },

    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: resourceIndicators(readDirectory, algorithm, userinfo),
      revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: screens.askToSignOut,
        postLogoutSuccessSource: screens.signedOut,
      },
      pushedAuthorizationRequests: { enabled: true, allowUnregisteredRedirectUris: false },
      requestObjects: {
        enabled: true,
        assertJwtClaimsAndHeader: (_, claims, header) => demandShortRequest(claims, header),
      },
      jwtResponseModes: { enabled: true },
      deviceFlow: deviceFlow(parts.title),
      backchannelLogout: { enabled: true },
      fapi: { enabled: true, profile: (_, client) => (client?.[PROFILE] === 'fapi2' ? '2.0' : undefined) },
      devInteractions: { enabled: false },
      userinfo: { enabled: true },
      // Gateways hold tokens to their binding. Proofs live five minutes at most and are good once.
      dPoP: { enabled: true, allowReplay: false },
      mTLS: parts.mutualTls === undefined ? { enabled: false } : mutualTls(parts.mutualTls, clock),
      claimsParameter: { enabled: false },
      // JWT access tokens are answered by `structured-token.ts`; this is for refresh tokens.
      introspection: {
        enabled: true,
        allowedPolicy: (_, client, token) =>
          client.clientAuthMethod !== 'none' && token.clientId === client.clientId,
      },
      jwtIntrospection: { enabled: true },
      jwtUserinfo: { enabled: false },
      webMessageResponseMode: { enabled: false },
      registration: { enabled: false },
      registrationManagement: { enabled: false },
      richAuthorizationRequests:
        parts.detailTypes.length === 0
          ? { enabled: false }
          : richAuthorization(parts.detailTypes, readDirectory),
      ciba: backchannel(parts),
      encryption: { enabled: false },
      rpMetadataChoices: { enabled: false },
      attestClientAuth: { enabled: false },
      // `client-document` does it: here a document would say what only an administrator may.
      clientIdMetadataDocument: { enabled: false },
      externalSigningSupport: { enabled: true, ack: 'experimental-01' },
      openid4vci: { enabled: false },
    },
    fetch: parts.outbound,
    fetchResponseBodyLimits: { jwks_uri: MOST_FETCHED_BYTES },
  }
}

/** The prefix makes browsers refuse the cookie from anywhere but https (RFC 6265bis §4.1.3.1). */
function cookieNames(secure: boolean): { session: string; interaction: string; resume: string } {
  const prefix = secure ? '__Secure-portcullis' : 'portcullis'
  return { session: `${prefix}-session`, interaction: `${prefix}-sign-in`, resume: `${prefix}-resume` }
}
