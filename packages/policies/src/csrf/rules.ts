import { timingSafeEqual } from 'node:crypto'
import type { Cookie } from './cookie.ts'

/** What a browser says of the page that sends a request. */
export interface Evidence {
  /** `Sec-Fetch-Site` (Fetch metadata): no page can write it. */
  readonly site: string | undefined
  readonly origin: string | undefined
  readonly referer: string | undefined
}

/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/** A handshake of WebSocket is a GET after which everything can be said. */
export function isHarmless(method: string, upgrade: string | undefined): boolean {
  return SAFE.has(method) && upgrade === undefined
}

export type Objection = 'origin-refused' | 'origin-unknown'

/**
 * What stands against the page that sends it. All that the browser says must agree: `own` is the origin at which the API was
 * called, `allowed` those that may act for their visitors too.
 */
export function judgePage(
  evidence: Evidence,
  own: string,
  allowed: ReadonlySet<string>,
): Objection | undefined {
  const { site, origin, referer } = evidence
  const isAllowed = (page: string): boolean => page === own || allowed.has(page)
  // `null` is any sandboxed page, and no origin that could be allowed.
  if (origin !== undefined) return isAllowed(origin) ? undefined : 'origin-refused'
  if (referer !== undefined) {
    const page = URL.parse(referer)?.origin
    return page !== undefined && isAllowed(page) ? undefined : 'origin-refused'
  }
  if (site === 'same-origin') return undefined
  return site === undefined || site === 'none' ? 'origin-unknown' : 'origin-refused'
}

/** Whether the page repeats the value of the cookie, compared in constant time. */
export function isRepeated(cookies: readonly Cookie[], name: string, repeated: readonly string[]): boolean {
  const [cookie, another] = cookies.filter((each) => each.name === name)
  const [said, more] = repeated
  if (cookie === undefined || another !== undefined || said === undefined || more !== undefined) return false
  const [one, other] = [Buffer.from(cookie.value), Buffer.from(said)]
  return one.byteLength > 0 && one.byteLength === other.byteLength && timingSafeEqual(one, other)
}
