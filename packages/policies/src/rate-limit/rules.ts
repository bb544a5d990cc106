import { Duration } from '@portcullis/kernel/duration'
import type { HeaderList } from '@portcullis/policy-kit/header-list'
import type { Limit, Take } from '@portcullis/ports/counters/port'
import type { RateLimitConfig } from './contract.ts'

/** A limit as it is asked of the counters and told to callers. */
export interface NamedLimit extends Limit {
  readonly name: string
  /** The member of `RateLimit-Policy` that describes it. */
  readonly policyItem: string
}

export function limitOf(config: RateLimitConfig): NamedLimit {
  const window = Duration.parse(config.window)
  const name = config.name ?? `${config.by}-${window}`
  return {
    limit: config.limit,
    windowMillis: window.milliseconds,
    burst: config.burst ?? config.limit,
    name,
    // The name is of letters, digits and hyphens: it needs no escaping in a String (RFC 9651 §3.3.3).
    policyItem: `"${name}";q=${config.limit};w=${window.seconds}`,
  }
}

/** `Retry-After` in whole seconds (RFC 9110 §10.2.3), never so few that the next call would come too early. */
export function retryAfterSeconds(take: Take): number {
  return Math.max(1, Math.ceil(take.retryAfterMillis / 1000))
}

/**
 * Adds what is left to the reply, as members of the lists that draft-ietf-httpapi-ratelimit-headers-10 defines: `q` units
 * in `w` seconds; `r` units remain, and in `t` seconds everything is back. Several limits make one list.
 */
export function addRateLimitFields(headers: HeaderList, limit: NamedLimit, take: Take): void {
  const item = `"${limit.name}";r=${take.remaining};t=${Math.ceil(take.resetMillis / 1000)}`
  addToList(headers, 'RateLimit-Policy', 'ratelimit-policy', limit.policyItem)
  addToList(headers, 'RateLimit', 'ratelimit', item)
}

function addToList(headers: HeaderList, field: string, lowerField: string, item: string): void {
  if (headers.has(lowerField)) headers.set(field, `${item}, ${headers.all(lowerField).join(', ')}`)
  else headers.append(field, item)
}
