import { z } from '@portcullis/kernel/schema'
import type { ExpressionIn } from '@portcullis/policy-kit/condition/expression-in'

/** Who shares a counter, where it is one of these; any other text is an expression over `context`. */
export const sharers = ['app', 'subject', 'subscription', 'plan', 'address', 'everyone'] as const
export type Sharer = (typeof sharers)[number]

/** As long as a condition may be. */
const MAX_EXPRESSION_CHARACTERS = 2048

export const expressionText = () => z.string().min(1).max(MAX_EXPRESSION_CHARACTERS)

/** The setting that says who has a counter of their own. */
export const sharer = () =>
  expressionText()
    .default('app')
    .describe(
      'Who has a counter of their own: app, subject, subscription, plan, address, everyone, or an expression such as context.claims.office. Where that is unknown, the address counts.',
    )

export function isSharer(by: string): by is Sharer {
  return (sharers as readonly string[]).includes(by)
}

/** The word for it in names of limits. */
export function nameOfSharer(by: string): string {
  return isSharer(by) ? by : 'caller'
}

export function expressionOfSharer({ by }: { readonly by: string }): ExpressionIn[] {
  return isSharer(by) ? [] : [{ path: ['by'], text: by }]
}
