import type { JsonObject } from '@portcullis/kernel/json'
import type { ScopeRequest, TokenOutcome } from './resource/token-rules.ts'

/** All token rules of an organization as they were published: checked, and with their conditions parsed. */
export interface PreparedTokenRules {
  readonly sets: readonly PreparedRuleSet[]
}

export interface PreparedRuleSet {
  /** The name of the `TokenRules`. */
  readonly name: string
  readonly apis?: readonly string[]
  readonly roles: Readonly<Record<string, readonly string[]>>
  readonly groups: Readonly<Record<string, readonly string[]>>
  readonly rules: readonly PreparedRule[]
  readonly requests?: readonly ScopeRequest[] | undefined
}

export interface PreparedRule {
  readonly name: string
  /** An expression of Cedar, parsed. */
  readonly condition?: JsonObject | undefined
  readonly outcome?: TokenOutcome | undefined
  readonly custom?: string | undefined
}
