import { Duration } from '@portcullis/kernel/duration'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import type { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { CacheConfig } from './contract.ts'
import { type Directives, readDirectives } from './directive.ts'
import { type KeptReply, type Partition, partitionOf, termsOf, varyOf } from './kept-reply.ts'
import { type KeyRules, unknownField } from './request-key.ts'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
/** With them a call speaks of a part, or of a state that only the backend knows. */
const PARTIAL = ['range', 'if-range', 'if-match', 'if-unmodified-since']
const NO_WISHES: Directives = new Map()

export function isSafe(method: string): boolean {
  return SAFE.has(method)
}

/** Why the cache has nothing to do with a call; `undefined` where it has. */
export function whyBypassed(x: Exchange, rules: KeyRules, wishes: Directives): string | undefined {
  const { method, headers, body } = x.request
  if (method !== 'GET' && method !== 'HEAD') return 'method'
  if (body !== undefined) return 'body'
  if (wishes.has('no-store')) return 'no-store'
  return PARTIAL.find((name) => headers.has(name)) ?? unknownField(x, rules)
}

/** What a caller asks of caches on the way; `Pragma: no-cache` is what HTTP/1.0 knew of it (RFC 9111 §5.4). */
export function wishesOf(headers: HeaderList, obeyCallers: boolean): Directives {
  if (!obeyCallers) return NO_WISHES
  const values = headers.all('cache-control')
  if (values.length === 0 && headers.has('pragma')) return readDirectives(headers.all('pragma'))
  return readDirectives(values)
}

export function isConditional(headers: HeaderList): boolean {
  return headers.has('if-none-match') || headers.has('if-modified-since')
}

/** What is kept of a reply, apart from its body; `undefined` where nothing is. */
export interface Keeping {
  readonly partition: Partition
  readonly kept: Omit<KeptReply, 'body' | 'generation'>
}

const NOT_KEPT = new Set(['age'])

export function keepingOf(
  reply: { readonly status: number; readonly headers: HeaderList },
  x: Exchange,
  config: CacheConfig,
  caller: { readonly hasCredentials: boolean; readonly now: number },
): Keeping | undefined {
  const { headers, status } = reply
  const directives = readDirectives(headers.all('cache-control'))
  const { perIdentity, freshFor } = config
  const partition = partitionOf(reply, directives, { hasCredentials: caller.hasCredentials, perIdentity })
  if (partition === undefined || Number(headers.get('content-length') ?? 0) > config.maxReplyBytes)
    return undefined
  const terms = termsOf(headers, directives, partition, {
    askedAt: x.receivedAt,
    now: caller.now,
    freshForMillis: freshFor === undefined ? undefined : Duration.parse(freshFor).milliseconds,
  })
  const vary = varyOf(headers, x.request.headers)
  if (terms === undefined || vary === undefined) return undefined
  const kept = {
    ...{ status, terms, vary, at: caller.now },
    fields: headers.flat().filter((_, i, flat) => !NOT_KEPT.has((flat[i - (i % 2)] as string).toLowerCase())),
    etag: headers.get('etag'),
    lastModified: headers.get('last-modified'),
  }
  return { partition, kept }
}
