import type { IncomingMessage } from 'node:http'
import { Secret } from '@portcullis/kernel/secret'

/** A cookie of an organization's pages. */
export interface OwnCookie {
  readonly name: string
  readonly issuer: URL
  /** Seconds; until the browser is closed when absent. */
  readonly maxAgeSeconds?: number
}

/** The prefix makes browsers refuse the cookie from anywhere but https (RFC 6265bis §4.1.3.1). */
export function cookieName(name: string, issuer: URL): string {
  return `${issuer.protocol === 'https:' ? '__Secure-' : ''}portcullis-${name}`
}

export function readCookie(request: IncomingMessage, { name, issuer }: OwnCookie): Secret | undefined {
  const wanted = `${cookieName(name, issuer)}=`
  const found = (request.headers.cookie ?? '')
    .split(';')
    .map((each) => each.trim())
    .find((each) => each.startsWith(wanted))
  const value = found?.slice(wanted.length)
  return value === undefined || value === '' || value.length > 128 ? undefined : new Secret(value)
}

/** For the organization's own path alone, for no script, and for no other site's forms. */
export function writeCookie({ name, issuer, maxAgeSeconds }: OwnCookie, value: Secret): string {
  const secure = issuer.protocol === 'https:' ? '; Secure' : ''
  const age = maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`
  return `${cookieName(name, issuer)}=${value.reveal()}; Path=${issuer.pathname}; HttpOnly; SameSite=Lax${secure}${age}`
}
