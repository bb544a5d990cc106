import { Duration, isDuration } from '@portcullis/kernel/duration'
import { duration, httpUrl, z } from '@portcullis/kernel/schema'
import { upstreamTls } from './upstream-tls.ts'

/** How calls are shared out: in turn by weight, or to whichever of two drawn targets has fewer calls under way. */
export const balance = z.enum(['round-robin', 'least-requests'])
export type Balance = z.infer<typeof balance>

/** What the targets speak: HTTP/1.1, or HTTP/2 alone, which over `http://` begins without being asked for. */
export const protocol = z.enum(['http1', 'http2'])
export type Protocol = z.infer<typeof protocol>

const target = z.strictObject({
  url: httpUrl(),
  /** Its share of the calls, next to the weights of the others; a target of weight 0 gets no new calls. */
  weight: z.int().min(0).max(1000).default(1),
})

/** Questions that the gateway asks every target, whether or not anybody calls. */
const activeHealth = z.strictObject({
  /** At the target's host and port, from its root; a query may follow. */
  path: z
    .string()
    .max(512)
    .regex(/^\/[!-"$-~]*$/, 'a path begins with a slash and has no spaces and no fragment'),
  interval: durationBetween('1s', '1h').default('10s'),
  timeout: durationBetween('50ms', '1m').default('2s'),
  /** So many good answers in a row bring a target back. */
  healthyAfter: z.int().min(1).max(100).default(2),
  /** So many bad answers in a row take it out. */
  unhealthyAfter: z.int().min(1).max(100).default(3),
  /** What a good answer is. */
  expectStatus: z.array(z.int().min(200).max(599)).min(1).max(32).default([200, 204]),
})
export type ActiveHealth = z.infer<typeof activeHealth>

/** What is learnt from the calls themselves. */
const passiveHealth = z.strictObject({
  /** So many failed calls in a row eject a target. */
  failures: z.int().min(1).max(1000).default(5),
  /** How long at first; the time doubles with every ejection that follows soon. */
  ejectFor: durationBetween('1s', '1h').default('30s'),
  /** Never more of them, though always one where there are two; 0 ejects none. */
  maxEjectedPercent: z.int().min(0).max(100).default(50),
})
export type PassiveHealth = z.infer<typeof passiveHealth>

/** Stops calling a target of which too many calls fail, even if it is the only one. */
const circuitBreaker = z.strictObject({
  failurePercent: z.int().min(1).max(100).default(50),
  /** Of fewer calls in a window nothing is concluded. */
  minimumCalls: z.int().min(1).max(100_000).default(20),
  window: durationBetween('1s', '1h').default('10s'),
  openFor: durationBetween('100ms', '1h').default('15s'),
  /** So many calls are let through after that; if all of them succeed, it closes. */
  trialCalls: z.int().min(1).max(1000).default(3),
})
export type CircuitBreaker = z.infer<typeof circuitBreaker>

/** `connect-failure`: nothing was sent; `no-answer`: it was, and no reply came; a status: that reply came. */
const retryCondition = z.union([z.enum(['connect-failure', 'no-answer']), z.int().min(500).max(599)])
export type RetryCondition = z.infer<typeof retryCondition>

/**
 * When a call is sent to another target. A call of which something was sent is repeated only if its method is
 * idempotent (RFC 9110 §9.2.2) and its body still at hand.
 */
const retry = z.strictObject({
  /** After the first. */
  attempts: z.int().min(0).max(5).default(1),
  /** Retries per hundred calls, so that they can't multiply the load on a backend in trouble. */
  budgetPercent: z.int().min(1).max(100).default(20),
  on: z.array(retryCondition).max(16).default(['connect-failure']),
})
export type Retry = z.infer<typeof retry>

const timeouts = z.strictObject({
  /** Of one attempt, until the complete head of the reply. */
  attempt: durationBetween('10ms', '1h').optional(),
  /** Of all attempts together, until the complete head of the reply. */
  total: durationBetween('10ms', '1h').optional(),
})

const upstreamObject = z
  .strictObject({
    targets: z.array(target).min(1).max(64),
    protocol: protocol.optional(),
    balance: balance.default('round-robin'),
    health: z
      .strictObject({ active: activeHealth.optional(), passive: passiveHealth.prefault({}) })
      .prefault({}),
    circuitBreaker: circuitBreaker.optional(),
    retry: retry.prefault({}),
    /** How long the share of a target that is new or comes back grows to its full weight. */
    slowStart: durationBetween('1s', '1h').optional(),
    timeouts: timeouts.prefault({}),
    /** Without it targets are recognised by the public authorities. */
    tls: upstreamTls.optional(),
  })
  .superRefine(({ targets, health: { active }, tls }, context) => {
    const refuse = (path: PropertyKey[], message: string): void =>
      context.addIssue({ code: 'custom', path, message })
    targets.forEach(({ url }, i) => {
      if (tls !== undefined && URL.parse(url)?.protocol === 'http:') {
        refuse(['targets', i, 'url'], 'an https:// URL, since the upstream says how TLS is recognised')
      }
      if (targets.findIndex((other) => originOf(other.url) === originOf(url)) < i) {
        refuse(['targets', i, 'url'], 'another target has the same host and port; give that one more weight')
      }
      if (pathOf(url) !== pathOf(targets[0]?.url ?? url)) {
        refuse(
          ['targets', i, 'url'],
          'the targets of one upstream have one path, and this differs from the first',
        )
      }
    })
    if (targets.length > 0 && targets.every(({ weight }) => weight === 0)) {
      refuse(['targets'], 'at least one target has a weight above 0')
    }
    if (active !== undefined && millis(active.timeout) > millis(active.interval)) {
      refuse(['health', 'active', 'timeout'], 'a check ends before the next begins: at most the interval')
    }
  })

/** What stands behind an API version in one environment, complete: as revisions carry it. */
export type Upstream = z.infer<typeof upstreamObject>

/** As people declare it: one URL, or several targets and how they are used. */
export const upstreamDeclaration = z.union([httpUrl(), upstreamObject])
export type UpstreamDeclaration = z.infer<typeof upstreamDeclaration>

export const upstream = upstreamObject

/** The one form of an upstream. A single URL is one target. */
export function normalizeUpstream(declared: UpstreamDeclaration): Upstream {
  return typeof declared === 'string' ? upstreamObject.parse({ targets: [{ url: declared }] }) : declared
}

/** Every URL of an upstream, with the keys that lead to it from where the upstream is declared. */
export function urlsOf(declared: UpstreamDeclaration): { url: string; keys: PropertyKey[] }[] {
  if (typeof declared === 'string') return [{ url: declared, keys: [] }]
  return declared.targets.map(({ url }, i) => ({ url, keys: ['targets', i, 'url'] }))
}

function durationBetween(least: string, most: string) {
  const within = (text: string): boolean =>
    !isDuration(text) || (millis(text) >= millis(least) && millis(text) <= millis(most))
  return duration().refine(within, `between ${least} and ${most}`)
}

function millis(text: string): number {
  return Duration.parse(text).milliseconds
}

function originOf(url: string): string {
  return URL.parse(url)?.origin ?? url
}

function pathOf(url: string): string {
  return (URL.parse(url)?.pathname ?? '').replace(/\/$/, '')
}
