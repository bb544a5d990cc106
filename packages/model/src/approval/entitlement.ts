import { z } from '@portcullis/kernel/schema'

/** Who has scopes: a user, by whatever app, or an app that speaks for itself. */
export const holder = z.strictObject({ kind: z.enum(['user', 'app']), name: z.string().min(1).max(256) })
export type Holder = z.infer<typeof holder>

/** Scopes that somebody was given in advance, for a time. They add to what roles give, and need no further approval. */
export const entitlement = z.strictObject({
  id: z.string().max(64),
  holder,
  audience: z.string().max(2048),
  scopes: z.array(z.string().max(256)).min(1).max(64),
  /** The approval that gave them, or the token rules that give them to whoever may ask. */
  from: z.string().max(128),
  /** ISO 8601, UTC. */
  givenAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
})
export type Entitlement = z.infer<typeof entitlement>

/** By which the entitlements of somebody are found. */
export function holderKey({ kind, name }: Holder): string {
  return `${kind}/${name}`
}
