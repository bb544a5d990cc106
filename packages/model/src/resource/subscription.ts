import { name, z } from '@portcullis/kernel/schema'

/** An app's right to a product on a plan, and the most that its tokens may carry. */
export const subscriptionSpec = z.strictObject({
  app: name(),
  product: name(),
  plan: name(),
  /** Scopes of the product's contracts that the app may be granted. No others ever are. */
  scopes: z.array(z.string().max(256)).max(512),
})
export type SubscriptionSpec = z.infer<typeof subscriptionSpec>
