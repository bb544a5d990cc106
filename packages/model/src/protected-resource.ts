const WELL_KNOWN = '/.well-known/oauth-protected-resource'

/** Where the metadata of an API version stand (RFC 9728 §3.1): before the path of its audience. */
export function metadataPathOf(basePath: string): string {
  return basePath === '/' ? WELL_KNOWN : WELL_KNOWN + basePath
}

/** The same as an address; `undefined` for an audience that is no http URL. */
export function metadataUrlOf(audience: string): string | undefined {
  const url = URL.parse(audience)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  return url.origin + metadataPathOf(url.pathname)
}

/** What a policy tells of an API that it protects: members of RFC 9728 §2. */
export interface ResourceMetadata {
  readonly authorization_servers?: readonly string[]
  readonly bearer_methods_supported?: readonly string[]
  readonly dpop_signing_alg_values_supported?: readonly string[]
  readonly dpop_bound_access_tokens_required?: boolean
  readonly tls_client_certificate_bound_access_tokens?: boolean
}
