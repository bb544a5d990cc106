import type { Attachment } from '@portcullis/model/attachment'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import type { Principal } from '@portcullis/policy-kit/principal'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import type { Counters } from '@portcullis/ports/counters/port'
import { rateLimit } from './policy.ts'

export const policy = anyPolicy(rateLimit)

export interface Hand {
  now: number
}

/** Real counters whose clock is set by hand. */
export function countersAt(hand: Hand): Counters {
  return openMemoryCounters({ now: () => hand.now })
}

export function caller(client: string, subject = client): Principal {
  const issuer = 'https://auth.example/hmart'
  return { schemes: ['login'], issuer, client, subject, scopes: new Set(), expiresAt: 0, claims: {} }
}

export interface Who {
  readonly client?: string
  readonly subject?: string
  readonly remoteAddress?: string
  /** `product/plan` of the subscription of this name. */
  readonly plan?: string
}

export function exchangeOf({ client, subject, remoteAddress, plan }: Who) {
  const x = testExchange({
    ...(client !== undefined && { principal: caller(client, subject) }),
    ...(remoteAddress !== undefined && { remoteAddress }),
  })
  if (plan !== undefined) {
    x.apply({ subscriber: { subscription: `${client}-${plan}`, product: 'warehouse', plan } })
  }
  return x
}

/** A limit in force: asks for one call of somebody, tells the outcome. */
export function limiter(config: Attachment['config'], counters: Counters = countersAt({ now: 1_000_000 })) {
  return (who: Who = { client: 'robot' }) => tryPolicy(policy, { config }, exchangeOf(who), { counters })
}
