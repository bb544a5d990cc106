import type { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { type Directives, secondsOf } from './directive.ts'

/** What a reply says of how long it holds. Times in milliseconds, moments since the epoch. */
export interface Terms {
  /** How long it is fresh, counted from when the backend made it. */
  readonly freshMillis: number
  /** How much of that was over when it came. */
  readonly ageMillis: number
  /** Never used without asking (`no-cache`). */
  readonly alwaysAsk: boolean
  readonly staleWhileRevalidateMillis: number
  readonly staleIfErrorMillis: number
}

/** A reply that is kept. */
export interface KeptReply {
  readonly status: number
  /** Names and values in turn; not to be changed. */
  readonly fields: readonly string[]
  readonly body: Uint8Array
  readonly terms: Terms
  /** When it came, or was last found to be still good. */
  readonly at: number
  readonly etag: string | undefined
  readonly lastModified: string | undefined
  /** The fields of the request on which it depends, in lower case, and what they held. */
  readonly vary: readonly (readonly [name: string, value: string])[]
  /** What its path counted when it was asked for: another count means that it was changed since. */
  readonly generation: number
}

/** Whose reply it is: everybody's, or of one identity alone. */
export type Partition = 'shared' | 'identity'

const STATUSES = new Set([200, 203, 204, 300, 301, 308, 404, 410])
const MAX_VARY = 16

/**
 * Whose a reply may be (RFC 9111 §3, §3.5): `undefined` where it is not kept. Of callers with credentials it is everybody's
 * only where the backend says so.
 */
export function partitionOf(
  reply: { readonly status: number; readonly headers: HeaderList },
  directives: Directives,
  caller: { readonly hasCredentials: boolean; readonly perIdentity: boolean },
): Partition | undefined {
  const { status, headers } = reply
  if (!STATUSES.has(status) || directives.has('no-store')) return undefined
  // What sets a cookie is for one caller, whatever else it says.
  if (headers.has('set-cookie') || headers.has('content-range')) return undefined
  if (headers.all('content-type').some((value) => value.trim().toLowerCase().startsWith('text/event-stream')))
    return undefined
  const own = caller.perIdentity && caller.hasCredentials ? 'identity' : undefined
  if (directives.has('private')) return own
  if (!caller.hasCredentials || directives.has('public') || directives.has('s-maxage')) return 'shared'
  return own
}

/**
 * How long a reply holds; `undefined` where it does not say so and nobody else does, and it can't be asked about either.
 * Nothing is guessed: there is no heuristic freshness here (RFC 9111 §4.2.2).
 */
export function termsOf(
  headers: HeaderList,
  directives: Directives,
  partition: Partition,
  times: { readonly askedAt: number; readonly now: number; readonly freshForMillis: number | undefined },
): Terms | undefined {
  const stated = statedMillis(headers, directives, partition)
  const alwaysAsk = directives.has('no-cache')
  const freshMillis = stated ?? times.freshForMillis ?? (alwaysAsk ? 0 : undefined)
  const isAskable = headers.has('etag') || headers.has('last-modified')
  if (freshMillis === undefined || ((freshMillis === 0 || alwaysAsk) && !isAskable)) return undefined
  const mustAsk = alwaysAsk || directives.has('must-revalidate') || directives.has('proxy-revalidate')
  return {
    freshMillis,
    ageMillis: ageOf(headers, times),
    alwaysAsk,
    staleWhileRevalidateMillis: mustAsk ? 0 : (secondsOf(directives, 'stale-while-revalidate') ?? 0) * 1000,
    staleIfErrorMillis: mustAsk ? 0 : (secondsOf(directives, 'stale-if-error') ?? 0) * 1000,
  }
}

/** What one caller alone gets is kept as a private cache would: `s-maxage` is not for it. */
function statedMillis(headers: HeaderList, directives: Directives, partition: Partition): number | undefined {
  const shared = partition === 'shared' ? secondsOf(directives, 's-maxage') : undefined
  const seconds = shared ?? secondsOf(directives, 'max-age')
  if (seconds !== undefined) return seconds * 1000
  const expires = headers.get('expires')
  if (expires === undefined) return undefined
  const date = Date.parse(headers.get('date') ?? '')
  const millis = Date.parse(expires) - date
  // Without a date of its own nobody knows by which clock; `Expires: 0` is over.
  return Number.isFinite(millis) ? Math.max(0, millis) : 0
}

/** RFC 9111 §4.2.3. */
function ageOf(
  headers: HeaderList,
  { askedAt, now }: { readonly askedAt: number; readonly now: number },
): number {
  const stated = headers.get('age')
  const age = stated !== undefined && /^[0-9]{1,10}$/.test(stated) ? Number(stated) * 1000 : 0
  const apparent = now - Date.parse(headers.get('date') ?? '')
  return Math.max(0, age + (now - askedAt), Number.isFinite(apparent) ? apparent : 0)
}

/** The fields that the reply names, with the values of this request; `undefined` where it depends on what nobody can see. */
export function varyOf(reply: HeaderList, request: HeaderList): KeptReply['vary'] | undefined {
  const names = reply
    .all('vary')
    .flatMap((value) => value.split(',', MAX_VARY + 1))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')
  if (names.includes('*') || names.length > MAX_VARY) return undefined
  return [...new Set(names)].toSorted().map((name) => [name, valueIn(request, name)])
}

export function isMeantFor({ vary }: KeptReply, request: HeaderList): boolean {
  return vary.every(([name, value]) => valueIn(request, name) === value)
}

/** Absent is not the same as empty. */
export function valueIn(request: HeaderList, name: string): string {
  const values = request.all(name)
  return values.length === 0 ? '\u0000' : values.join(', ')
}

export function ageAt({ terms, at }: KeptReply, now: number): number {
  return terms.ageMillis + Math.max(0, now - at)
}

/** How long it is still fresh; below zero how long it has not been. */
export function freshLeft(reply: KeptReply, now: number): number {
  return reply.terms.freshMillis - ageAt(reply, now)
}

/** Whether it may be used without asking, as far as the caller's own wishes go too (RFC 9111 §4.2, §5.2.1). */
export function isFresh(reply: KeptReply, wishes: Directives, now: number): boolean {
  if (reply.terms.alwaysAsk || wishes.has('no-cache')) return false
  const left = freshLeft(reply, now) - (secondsOf(wishes, 'min-fresh') ?? 0) * 1000
  const maxAge = secondsOf(wishes, 'max-age')
  return left > 0 && (maxAge === undefined || ageAt(reply, now) <= maxAge * 1000)
}
