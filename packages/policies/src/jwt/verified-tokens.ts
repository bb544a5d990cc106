import { hash } from 'node:crypto'
import { canonicalJson } from '@portcullis/kernel/json'
import type { Keys, VerificationKey } from '@portcullis/ports/keys/port'
import { RecentMap } from '../memory/recent-map.ts'
import type { TokenIdentity } from '../token/identity.ts'
import type { Expectations, Life } from './rules.ts'

/** How many verified tokens are remembered for one source of keys: some 1.5 KB each. */
export const MAX_VERIFIED_TOKENS = 10_000

/** A token that passed every check, and the key with which its signature was verified. While it lives its claims are not read. */
export interface VerifiedToken extends Life {
  readonly kid: string
  readonly key: VerificationKey
  readonly expected: Expectations
  readonly verified: TokenIdentity
}

/**
 * Tokens that passed every check under certain expectations, so that a signature is verified once and not with every
 * call. What may change while a token lives is for `verifyToken` to ask with every call. Refused tokens are not
 * remembered: they could be made up without end.
 */
export interface VerifiedTokens {
  recall(token: string): VerifiedToken | undefined
  remember(token: string, verified: VerifiedToken): void
}

// One memory for all APIs behind one source of keys, so that its bound is one too; a new revision goes on using it.
const memories = new WeakMap<Keys, RecentMap<Accepted>>()

/** Under which expectations a token was accepted, and what else it was accepted under. */
interface Accepted extends VerifiedToken {
  readonly under: string
  readonly also: Accepted | undefined
}

/** How often a token was known, and how often not, in this thread. */
export interface VerifiedTokenCounts {
  readonly recalled: number
  readonly unknown: number
}

const counts = { recalled: 0, unknown: 0 }

export function verifiedTokenCounts(): VerifiedTokenCounts {
  return counts
}

/** A token speaks to few audiences. */
const MAX_ACCEPTED = 8

export function verifiedTokens(keys: Keys, expected: readonly Expectations[]): VerifiedTokens {
  const memory = memories.get(keys) ?? new RecentMap<Accepted>(MAX_VERIFIED_TOKENS)
  memories.set(keys, memory)
  // What was accepted here is accepted under these expectations alone: another audience expects something else.
  const under = hash('sha256', canonicalJson(expected), 'base64url')
  return {
    recall(token) {
      for (let each = memory.get(nameOf(token)); each !== undefined; each = each.also) {
        if (each.under !== under) continue
        counts.recalled++
        return each
      }
      counts.unknown++
      return undefined
    },
    remember(token, verified) {
      freeze(verified.verified.claims)
      const name = nameOf(token)
      memory.set(name, { ...verified, under, also: without(memory.get(name), under) })
    },
  }
}

/**
 * A hash of the whole token: signature included, and no token lies in memory that could be used. SHA-256 in the processor
 * takes no longer than a `Map` takes to hash the same text, and nobody finds two tokens that meet; a keyed hash of fewer
 * bits, written in JavaScript, takes four times as long.
 */
function nameOf(token: string): string {
  return hash('sha256', token, 'binary')
}

function without(accepted: Accepted | undefined, under: string): Accepted | undefined {
  const kept: Accepted[] = []
  for (let each = accepted; each !== undefined; each = each.also) if (each.under !== under) kept.push(each)
  return kept
    .slice(0, MAX_ACCEPTED - 1)
    .reduceRight<Accepted | undefined>((also, each) => ({ ...each, also }), undefined)
}

/** Many calls share what is remembered: none may change it for the others. */
function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const member of Object.values(value)) freeze(member)
}

/** Whether the issuer's key of a name still is the one that verified a token, perhaps fetched anew since. */
export function isSameKey(now: VerificationKey | undefined, then: VerificationKey): now is VerificationKey {
  if (now === then) return true
  return now !== undefined && now.algorithm === then.algorithm && now.key.equals(then.key)
}
