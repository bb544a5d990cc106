/** Within which request oidc-provider is, as `Provider.ctx` reads it. */
declare module 'oidc-provider/lib/helpers/als.js' {
  import type { AsyncLocalStorage } from 'node:async_hooks'
  import type { KoaContextWithOIDC } from 'oidc-provider'

  const als: AsyncLocalStorage<KoaContextWithOIDC>
  // biome-ignore lint/style/noDefaultExport: it is theirs
  export default als
}

/** What its own grants end with: access, refresh and ID token of what a user allowed. */
declare module 'oidc-provider/lib/helpers/grant_common.js' {
  import type { BackchannelAuthenticationRequest, Grant, KoaContextWithOIDC, Provider } from 'oidc-provider'

  /** `helpers`: those of `grants.js` that it uses, each bound to the provider. */
  export function issueTokens(
    provider: Provider,
    helpers: Readonly<
      Record<'resolveAndApplyResource' | 'applyAuthorizationDetails' | 'buildTokenResponse', unknown>
    >,
    ctx: KoaContextWithOIDC,
    source: BackchannelAuthenticationRequest,
    grant: Grant,
    how: { readonly gty: string; readonly entityLabel: string },
  ): Promise<void>
}

/** Signs a JWT, by a key of ours or by whoever has it. */
declare module 'oidc-provider/lib/helpers/jwt.js' {
  import type { CryptoKey } from 'jose'
  import type { ExternalSigningKey } from 'oidc-provider'

  export function sign(
    payload: Record<string, unknown>,
    key: CryptoKey | Uint8Array | ExternalSigningKey,
    alg: string,
    options: { readonly typ: string; readonly fields: object },
  ): Promise<string>
}
