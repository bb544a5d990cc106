import { Duration } from '@portcullis/kernel/duration'
import type { HeaderList } from '@portcullis/policy-kit/header-list'
import type { Limit, Take } from '@portcullis/ports/counters/port'
import { nameOfSharer } from '../sharer.ts'
import type { RateLimitConfig } from './contract.ts'

/** A limit as it is asked of the counters and told to callers. */
export interface NamedLimit extends Limit {
  readonly name: string
  /** The member of `RateLimit-Policy` that describes it. */
  readonly policyItem: string
}

/** The windows of a limit, the one that is declared first before those of `atMost`. */
export function limitsOf({ by, name, atMost, whenAway, ...first }: RateLimitConfig): NamedLimit[] {
  return [first, ...atMost].map(({ limit, window: text, burst }, i) => {
    const window = Duration.parse(text)
    const own = name === undefined ? `${nameOfSharer(by)}-${window}` : i === 0 ? name : `${name}-${window}`
    return {
      limit,
      windowMillis: window.milliseconds,
      burst: burst ?? limit,
      whenAway,
      name: own,
      // The name is of letters, digits and hyphens: it needs no escaping in a String (RFC 9651 §3.3.3).
      policyItem: `"${own}";q=${limit};w=${window.seconds}`,
    }
  })
}

/** The window that keeps a call back longest; `undefined` where all have room. */
export function lacking(takes: readonly Take[]): number | undefined {
  let worst: number | undefined
  for (const [i, { taken, retryAfterMillis }] of takes.entries()) {
    if (!taken && (worst === undefined || retryAfterMillis > (takes[worst] as Take).retryAfterMillis))
      worst = i
  }
  return worst
}

/** The window that will be used up first. */
export function scarcest(takes: readonly Take[]): number {
  let least = 0
  for (const [i, { remaining }] of takes.entries()) {
    if (remaining < (takes[least] as Take).remaining) least = i
  }
  return least
}

/**
 * Adds what is left to the reply, as members of the lists that draft-ietf-httpapi-ratelimit-headers-10 defines: `q` units
 * in `w` seconds; `r` units remain, and in `t` seconds everything is back. Several limits make one list.
 */
export function addRateLimitFields(
  headers: HeaderList,
  limits: readonly NamedLimit[],
  takes: readonly Take[],
): void {
  const items = limits.map(({ name }, i) => {
    const { remaining, resetMillis } = takes[i] as Take
    return `"${name}";r=${remaining};t=${Math.ceil(resetMillis / 1000)}`
  })
  addToList(headers, 'RateLimit-Policy', limits.map(({ policyItem }) => policyItem).join(', '))
  addToList(headers, 'RateLimit', items.join(', '))
}

function addToList(headers: HeaderList, field: string, items: string): void {
  const before = headers.all(field.toLowerCase())
  if (before.length > 0) headers.set(field, `${items}, ${before.join(', ')}`)
  else headers.append(field, items)
}
