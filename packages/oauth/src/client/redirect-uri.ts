import { isLoopback } from '@portcullis/model/loopback'

/**
 * Why an authorization code may not be sent there, or `undefined` when it may: to https; to http on this very machine
 * (RFC 8252 §7.3); or to an app's own scheme, which must be a reversed domain name (RFC 8252 §7.1), so `javascript:` and
 * `data:` never are. Never with a fragment (RFC 6749 §3.1.2) nor with a user (RFC 9700 §4.1.3).
 */
export function dangerOfRedirectUri(uri: string): string | undefined {
  const url = URL.parse(uri)
  if (url === null) return 'It is no absolute URL.'
  if (uri.includes('#')) return 'It has a fragment.'
  if (url.username !== '' || url.password !== '') return 'It carries a user name or a password.'
  if (url.protocol === 'https:') return undefined
  if (url.protocol === 'http:') return isLoopback(url) ? undefined : 'It is http and not on the loopback.'
  return isPrivateScheme(url) ? undefined : `The scheme "${url.protocol}" is not one that returns safely.`
}

/** Whether only an app on the user's own device can answer there. */
export function isPrivateScheme(url: URL): boolean {
  return url.protocol !== 'https:' && url.protocol !== 'http:' && url.protocol.includes('.')
}
