import { name, z } from '@portcullis/kernel/schema'

export const basicConfig = z.strictObject({
  user: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[^:\p{Cc}]+$/u, 'a name without colon and control characters (RFC 7617 §2)')
    .describe('The gateway’s name at the backend.'),
  password: name().describe('Name of a secret of the vault: the password.'),
})
export type BasicConfig = z.infer<typeof basicConfig>
