import { createHash } from 'node:crypto'
import { normalizePath } from '@portcullis/model/route/normalize-path'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { CacheConfig } from './contract.ts'
import { valueIn } from './kept-reply.ts'

/** By these replies differ even where the backend forgot to say so. */
const ALWAYS_KEYED = ['accept', 'accept-encoding', 'accept-language', 'origin']

/**
 * Fields that are known not to change a reply, or that are looked at by themselves. What is neither here nor in the key could
 * make the backend answer something that others would then get: such a call bypasses the cache.
 */
const HARMLESS = new Set([
  ...ALWAYS_KEYED,
  ...['authorization', 'cookie', 'dpop', 'host', 'content-length'],
  ...['cache-control', 'pragma', 'if-none-match', 'if-modified-since'],
  // The gateway's own: of the host and the scheme that are part of the key, and of the address.
  ...['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'],
  ...['user-agent', 'referer', 'from', 'via', 'dnt', 'priority', 'save-data', 'upgrade-insecure-requests'],
  ...['traceparent', 'tracestate', 'x-request-id', 'x-correlation-id'],
])

export interface KeyRules {
  readonly keyed: readonly string[]
  readonly isHarmless: (lowerName: string) => boolean
}

export function keyRules({ key, ignore }: CacheConfig): KeyRules {
  const keyed = [...new Set([...ALWAYS_KEYED, ...key.map((name) => name.toLowerCase())])]
  const harmless = new Set([...HARMLESS, ...keyed, ...ignore.map((name) => name.toLowerCase())])
  // Of browsers, about the page that calls (Fetch metadata, client hints).
  return { keyed, isHarmless: (name) => harmless.has(name) || name.startsWith('sec-') }
}

/** The path that a change of it makes stale, whatever the query. */
export function placeOf({ request, match }: Exchange): string | undefined {
  const queryStart = request.target.indexOf('?')
  const path = normalizePath(queryStart === -1 ? request.target : request.target.slice(0, queryStart))
  if (match === undefined || path === undefined) return undefined
  const { api, version } = match.api
  const host = request.headers.get('host')?.toLowerCase() ?? ''
  return `${request.scheme ?? 'http'} ${host} ${api}/${version} ${path}`
}

/** What tells requests apart of which all that is not in it is harmless. */
export function keyOf(place: string, { request, match }: Exchange, { keyed }: KeyRules): string {
  const queryStart = request.target.indexOf('?')
  const query = queryStart === -1 ? '' : request.target.slice(queryStart)
  return [place + query, match?.operation.id, ...keyed.map((name) => valueIn(request.headers, name))].join(
    '\n',
  )
}

/** The first field because of which nothing can be said of the reply; none that the backend does not get. */
export function unknownField(
  { request, removeHeaders }: Exchange,
  { isHarmless }: KeyRules,
): string | undefined {
  const fields = request.headers.flat()
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase()
    if (!isHarmless(name) && !removeHeaders.includes(name)) return name
  }
  return undefined
}

export function hasCredentials({ request, principal }: Exchange): boolean {
  return principal !== undefined || request.headers.has('authorization') || request.headers.has('cookie')
}

/** Who asks, down to the very credentials: what they hold may change what the backend answers. */
export function identityOf({ request, principal }: Exchange): string {
  const { headers } = request
  const parts = [principal?.issuer, principal?.client, principal?.subject, credentialsIn(headers)]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

function credentialsIn(headers: HeaderList): readonly string[] {
  return [...headers.all('authorization'), '', ...headers.all('cookie')]
}
