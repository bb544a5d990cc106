import { Duration } from '@portcullis/kernel/duration'
import type { RedirectConfig } from './contract.ts'

/** Fields of the reply besides `Location`. Without a time nothing is remembered: 308 and 301 would be for ever (RFC 9110 §15.4.9). */
export function fieldsOf({ keepFor }: RedirectConfig): Readonly<Record<string, string>> {
  const { seconds } = Duration.parse(keepFor)
  return { 'Cache-Control': seconds === 0 ? 'no-store' : `private, max-age=${seconds}` }
}
