import type { JsonObject } from '@portcullis/kernel/json'
import type { Approvers } from '@portcullis/model/approval/approval'
import type { DecisionStep } from '@portcullis/model/decision/decision'

/** What the rules make of a token. */
export interface Ruling {
  /** Those that are left. */
  readonly scopes: readonly string[]
  readonly addClaims: JsonObject
  readonly dropClaims: readonly string[]
  /** The most that it may live, where a rule says so. */
  readonly lifeSeconds: number | undefined
  /** What stands in the way, the worst first: nothing where it may be issued. */
  readonly hurdle: Hurdle | undefined
  /** What each rule said, in their order. */
  readonly steps: readonly DecisionStep[]
}

export type Hurdle =
  | { readonly kind: 'refused'; readonly why: string }
  | {
      readonly kind: 'step-up'
      readonly acr?: string | undefined
      readonly maxAgeSeconds?: number | undefined
    }
  | ApprovalHurdle

export interface ApprovalHurdle {
  readonly kind: 'approval'
  readonly approvers: Approvers
  readonly withinMillis: number
}
