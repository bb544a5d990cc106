import { z } from '@portcullis/kernel/schema'

/**
 * What an app that is called may do with the token that it was called with (RFC 8693): have one for the next API, in the
 * name of the same subject. Only an administrator gives it.
 */
export const exchangeRight = z.strictObject({
  /** Audience of the token that is given in: one that the app serves. */
  from: z.url().max(2048),
  /** Audience of the token that it gets. */
  to: z.url().max(2048),
  /** The most that the token may carry; the app's subscription must allow it as well. */
  scopes: z.array(z.string().min(1).max(256)).max(512),
  /** With `delegation` the token names who acts (`act`); with `impersonation` nobody sees the app in between. */
  as: z.enum(['delegation', 'impersonation']).default('delegation'),
  /** How many may act for the subject, one for the other. */
  depth: z.int().min(1).max(8).default(4),
})
export type ExchangeRight = z.infer<typeof exchangeRight>
