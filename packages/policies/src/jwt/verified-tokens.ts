import { hash } from 'node:crypto'
import { canonicalJson } from '@portcullis/kernel/json'
import type { Keys, VerificationKey } from '@portcullis/ports/keys/port'
import type { TokenIdentity } from '../token-identity.ts'
import { RecentMap } from './recent-map.ts'
import type { Expectations } from './rules.ts'

/** How many verified tokens are remembered for one source of keys: some 1.5 KB each. */
export const MAX_VERIFIED_TOKENS = 10_000

/** A token that passed every check, and the key with which its signature was verified. */
export interface VerifiedToken {
  readonly kid: string
  readonly key: VerificationKey
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
const memories = new WeakMap<Keys, RecentMap<VerifiedToken>>()

export function verifiedTokens(keys: Keys, expected: Expectations): VerifiedTokens {
  const memory = memories.get(keys) ?? new RecentMap<VerifiedToken>(MAX_VERIFIED_TOKENS)
  memories.set(keys, memory)
  // What was accepted here is accepted for these expectations alone: another audience has another prefix.
  const prefix = hash('sha256', canonicalJson(expected), 'base64url')
  // A hash of the whole token: signature included, and no token lies in memory that could be used.
  const nameOf = (token: string): string => hash('sha256', `${prefix}.${token}`, 'base64url')
  return {
    recall: (token) => memory.get(nameOf(token)),
    remember(token, verified) {
      freeze(verified.verified.claims)
      memory.set(nameOf(token), verified)
    },
  }
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
