import { z } from '@portcullis/kernel/schema'

/** What somebody is in an organization, as rules and approvals name it: `warehouse_admin`. */
export const role = z
  .string()
  .max(64)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.:-]*$/,
    'a role is letters, digits and _ . : -, and starts with a letter or digit',
  )

/** Of whom somebody is one, as a directory may call it: `Head office`. */
export const group = z.string().min(1).max(256)
