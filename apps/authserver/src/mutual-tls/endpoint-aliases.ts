/** Where apps prove who they are: what the listener for certificates answers, below the issuer. No pages. */
const ENDPOINTS: Readonly<Record<string, string>> = {
  token_endpoint: '/token',
  revocation_endpoint: '/token/revocation',
  introspection_endpoint: '/token/introspection',
  device_authorization_endpoint: '/device/authorization',
  backchannel_authentication_endpoint: '/backchannel',
  pushed_authorization_request_endpoint: '/request',
  userinfo_endpoint: '/userinfo',
}

/** `rest`: path and query below the issuer. */
export function isForCertificates(rest: string): boolean {
  const [path] = rest.split('?', 1)
  return Object.values(ENDPOINTS).some((each) => each === path)
}

/** `mtls_endpoint_aliases` (RFC 8705 §5): of the endpoints that are described, those that also take certificates. */
export function endpointAliases(
  described: Readonly<Record<string, unknown>>,
  issuer: URL,
  url: URL,
): Readonly<Record<string, string>> {
  const base = url.href.replace(/\/$/, '') + issuer.pathname
  return Object.fromEntries(
    Object.entries(ENDPOINTS).flatMap(([name, path]) =>
      described[name] === undefined ? [] : [[name, base + path]],
    ),
  )
}
