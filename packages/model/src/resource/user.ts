import { z } from '@portcullis/kernel/schema'
import { group, role } from './role.ts'

/** A person who signs in. The resource's name is the user name and the subject; the password lives apart. */
export const userSpec = z.strictObject({
  title: z.string().min(1).max(200),
  email: z.email().max(254).optional(),
  /** A disabled user can't sign in and gets no further token. */
  disabled: z.boolean().default(false),
  /** What the user is: rules about tokens and approvals name roles. */
  roles: z.array(role).min(1).max(64).optional(),
  groups: z.array(group).min(1).max(256).optional(),
})
export type UserSpec = z.infer<typeof userSpec>
