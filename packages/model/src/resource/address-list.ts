import { Duration, isDuration } from '@portcullis/kernel/duration'
import { duration, z } from '@portcullis/kernel/schema'

/** As many as a list may have, written down or fetched. */
export const MAX_ADDRESSES = 100_000

const between = (text: string, least: string, most: string): boolean => {
  if (!isDuration(text)) return true
  const { milliseconds } = Duration.parse(text)
  return (
    milliseconds >= Duration.parse(least).milliseconds && milliseconds <= Duration.parse(most).milliseconds
  )
}

/** Where a list is kept that others write: plain text, an address or a range on each line, comments behind `#` or `;`. */
export const addressListSource = z.strictObject({
  url: z.url({ protocol: /^https$/ }).max(2048),
  every: duration()
    .default('1h')
    .refine((text) => between(text, '1m', '7d'), 'from 1m to 7d'),
  /** What was fetched longer ago is still used, and warned of. */
  staleAfter: duration()
    .default('1d')
    .refine((text) => between(text, '1m', '90d'), 'from 1m to 90d'),
})
export type AddressListSource = z.infer<typeof addressListSource>

/** Network addresses and ranges under one name, for as many policies as like to name them. */
export const addressListSpec = z
  .strictObject({
    title: z.string().min(1).max(200),
    /** Addresses, and ranges in CIDR notation. */
    entries: z.array(z.string().max(64)).max(MAX_ADDRESSES).optional(),
    source: addressListSource.optional(),
  })
  .refine(
    ({ entries, source }) => (entries === undefined) !== (source === undefined),
    'entries or source, and not both',
  )
export type AddressListSpec = z.infer<typeof addressListSpec>
