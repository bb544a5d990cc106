import { z } from '@portcullis/kernel/schema'

const exact = (most: number) =>
  z
    .string()
    .min(3)
    .max(most)
    .refine((text) => !text.includes('*'), 'one name and no pattern: the certificate says it in full')
    .optional()

/** The one name by which the certificate of an app is recognised (RFC 8705 §2.1.2), whichever of our authorities issued it. */
export const appCertificate = z
  .strictObject({
    /** Its subject (RFC 4514), all of it. */
    subject: exact(1024),
    /** Names that it is for (RFC 5280 §4.2.1.6). */
    dns: exact(256),
    uri: exact(1024),
    email: exact(320),
  })
  .refine(
    (names) => Object.values(names).filter((each) => each !== undefined).length === 1,
    'exactly one of subject, dns, uri and email',
  )
