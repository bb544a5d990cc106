/**
 * Fields that frame the message or speak of the connection (RFC 9110 §7.6.1, RFC 9112 §6): to change one is to let
 * the next hop read another message than we did.
 */
const PROTECTED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Our own fields speak the truth about a call, or nobody would look at them. */
const OWN_PREFIX = 'portcullis-'

export function isProtected(field: string): boolean {
  const lower = field.toLowerCase()
  return PROTECTED.has(lower) || lower.startsWith(OWN_PREFIX)
}
