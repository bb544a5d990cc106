import type { AccountVisit } from './account-page.ts'

/** For what a passkey's challenge or an app's secret was made: no answer of another session is good for it. */
export function purposeOf({ session }: AccountVisit): string {
  return `account ${session}`
}
