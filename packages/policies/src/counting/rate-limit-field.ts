import type { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Take } from '@portcullis/ports/counters/port'

/** A limit as it is told to callers. */
export interface ToldLimit {
  readonly name: string
  /** The member of `RateLimit-Policy` that describes it. */
  readonly policyItem: string
  /** How its member of `RateLimit` begins. */
  readonly itemLead: string
}

/** The name is of letters, digits and hyphens: it needs no escaping in a String (RFC 9651 §3.3.3). */
export function toldLimit(name: string, units: number, windowSeconds: number): ToldLimit {
  return { name, policyItem: `"${name}";q=${units};w=${windowSeconds}`, itemLead: `"${name}";r=` }
}

/**
 * Adds what is left to the reply, as members of the lists that draft-ietf-httpapi-ratelimit-headers-10 defines: `q` units
 * in `w` seconds; `r` units remain, and in `t` seconds everything is back. Several limits make one list.
 */
export function addRateLimitFields(
  headers: HeaderList,
  limits: readonly ToldLimit[],
  takes: readonly Take[],
): void {
  let policy = ''
  let left = ''
  for (let i = 0; i < limits.length; i++) {
    const { policyItem, itemLead } = limits[i] as ToldLimit
    const { remaining, resetMillis } = takes[i] as Take
    if (i > 0) {
      policy += ', '
      left += ', '
    }
    policy += policyItem
    left += `${itemLead}${remaining};t=${Math.ceil(resetMillis / 1000)}`
  }
  addToList(headers, 'RateLimit-Policy', 'ratelimit-policy', policy)
  addToList(headers, 'RateLimit', 'ratelimit', left)
}

function addToList(headers: HeaderList, field: string, lower: string, items: string): void {
  if (headers.has(lower)) headers.set(field, `${items}, ${headers.all(lower).join(', ')}`)
  else headers.append(field, items)
}
