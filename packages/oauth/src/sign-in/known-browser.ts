import { createHash } from 'node:crypto'
import { fingerprintOf, type Secret } from '@portcullis/kernel/secret'
import { knownBrowsers } from '@portcullis/model/collection'
import type { KnownBrowser } from '@portcullis/model/user/known-browser'
import type { Store } from '@portcullis/ports/store/port'

/** Under which a browser is kept for a user, by what it shows of itself: who reads the store can show nothing. */
export function knownBrowserId(browser: Secret, user: string): string {
  return `${fingerprintOf(browser)}/${createHash('sha256').update(user).digest('base64url')}`
}

/** The browser, if the user has signed in there before. */
export async function findKnownBrowser(
  store: Store,
  organization: string,
  user: string,
  browser: Secret | undefined,
): Promise<KnownBrowser | undefined> {
  if (browser === undefined) return undefined
  return (await store.get(knownBrowsers, organization, knownBrowserId(browser, user)))?.value
}
