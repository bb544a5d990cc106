import { z } from '@portcullis/kernel/schema'

/** A person who signs in. The resource's name is the user name and the subject; the password lives apart. */
export const userSpec = z.strictObject({
  title: z.string().min(1).max(200),
  email: z.email().max(254).optional(),
  /** A disabled user can't sign in and gets no further token. */
  disabled: z.boolean().default(false),
})
export type UserSpec = z.infer<typeof userSpec>
