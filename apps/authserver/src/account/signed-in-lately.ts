import type { AccountVisit } from './account-page.ts'

const LATELY_SECONDS = 10 * 60

/** What lets somebody in may be changed only by who has just shown who they are, not by whoever finds a browser open. */
export function signedInLately({ ports: { clock }, signedInAt }: AccountVisit): boolean {
  return clock.now() / 1000 - signedInAt <= LATELY_SECONDS
}
