import type { JsonObject } from '@portcullis/kernel/json'

/**
 * A policy as Cedar writes it in JSON (docs.cedarpolicy.com, "JSON policy format"), with one node of our own: a Long
 * that a JavaScript number does not hold is `{ "Long": "9223372036854775807" }`.
 */
export interface EstPolicy {
  readonly effect: 'permit' | 'forbid'
  readonly principal: JsonObject
  readonly action: JsonObject
  readonly resource: JsonObject
  readonly conditions: readonly EstClause[]
  readonly annotations?: { readonly [name: string]: string | null }
}

export interface EstClause {
  readonly kind: 'when' | 'unless'
  readonly body: EstExpression
}

/** An object with one key, which says what the node is. Read strictly by the compiler. */
export type EstExpression = JsonObject

/** A policy with the name under which decisions tell of it. */
export interface NamedPolicy {
  readonly id: string
  readonly policy: EstPolicy
}
