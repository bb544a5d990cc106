/**
 * What oidc-provider does for its own grants and does not export for others': its exact version is pinned, and the tests of
 * every grant here go through these.
 */
declare module 'oidc-provider/lib/helpers/grants.js' {
  import type { X509Certificate } from 'node:crypto'
  import type {
    AccessToken,
    AuthorizationCode,
    BackchannelAuthenticationRequest,
    DeviceCode,
    Grant,
    KoaContextWithOIDC,
    Provider,
    RefreshToken,
  } from 'oidc-provider'

  export interface DpopProof {
    readonly thumbprint: string
    readonly jti: string
  }
  /** The proof of the request (RFC 9449 §5), if there is one. */
  export function validateDpop(provider: Provider, ctx: KoaContextWithOIDC): Promise<DpopProof | undefined>
  export function checkDpopReplay(
    provider: Provider,
    ctx: KoaContextWithOIDC,
    proof: DpopProof | undefined,
    clientId: string,
  ): Promise<void>
  export function checkDpopRequired(
    provider: Provider,
    ctx: KoaContextWithOIDC,
    proof: DpopProof | undefined,
  ): void
  /** The certificate of the connection, where the client's tokens must be bound to it (RFC 8705 §3). */
  export function checkMtlsCert(provider: Provider, ctx: KoaContextWithOIDC): X509Certificate | undefined
  /** Gives a token its audience and scopes, of what a code or the like was given. */
  export function resolveAndApplyResource(
    provider: Provider,
    ctx: KoaContextWithOIDC,
    source: AuthorizationCode | DeviceCode | BackchannelAuthenticationRequest,
    token: AccessToken,
    grant: Grant,
  ): Promise<string | undefined>
  /** Binds a refresh token as the access token is, where the client proves itself by nothing else. */
  export function applyRefreshTokenBindings(
    provider: Provider,
    ctx: KoaContextWithOIDC,
    accessToken: AccessToken,
    refreshToken: RefreshToken,
  ): Promise<void>
  /** The grant, if it is the client's and good. */
  export function validateGrant(provider: Provider, ctx: KoaContextWithOIDC, grantId: string): Promise<Grant>
  /** Gives a token what it allows beyond scopes (RFC 9396). */
  export function applyAuthorizationDetails(
    provider: Provider,
    ctx: KoaContextWithOIDC,
    token: AccessToken,
    source: BackchannelAuthenticationRequest,
  ): Promise<void>
  export function buildTokenResponse(
    provider: Provider,
    answer: {
      readonly accessToken: string
      readonly expiresIn: number
      readonly tokenType: string
      readonly scope?: string | undefined
      readonly issuedTokenType?: string
      readonly refreshToken?: string | undefined
      readonly authorizationDetails?: readonly object[] | undefined
    },
  ): Record<string, unknown>
}
