const LOOPBACK_HOSTS: readonly string[] = ['127.0.0.1', '[::1]', 'localhost']

/**
 * Whether an authorization code may be sent there: https; http to this very machine (RFC 8252 §7.3); or an app's own
 * scheme, which must be a reversed domain name (RFC 8252 §7.1), so `javascript:` and `data:` never are. Never a
 * fragment (RFC 6749 §3.1.2) nor a user.
 */
export function isSafeRedirectUri(uri: string): boolean {
  const url = URL.parse(uri)
  if (url === null || uri.includes('#') || url.username !== '' || url.password !== '') return false
  if (url.protocol === 'https:') return true
  if (url.protocol === 'http:') return LOOPBACK_HOSTS.includes(url.hostname)
  return isPrivateScheme(url)
}

/** Whether only an app on the user's own device can answer there. */
export function isPrivateScheme(url: URL): boolean {
  return url.protocol !== 'https:' && url.protocol !== 'http:' && url.protocol.includes('.')
}
