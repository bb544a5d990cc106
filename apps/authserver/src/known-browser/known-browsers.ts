import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Secret } from '@portcullis/kernel/secret'
import { knownBrowsers } from '@portcullis/model/collection'
import type { KnownBrowser } from '@portcullis/model/user/known-browser'
import { findKnownBrowser, knownBrowserId } from '@portcullis/oauth/sign-in/known-browser'
import type { Clock } from '@portcullis/ports/clock/port'
import { type Change, put, remove, removeWhere, type Store } from '@portcullis/ports/store/port'
import { type OwnCookie, readCookie, writeCookie } from '../cookie.ts'

const KEPT_SECONDS = 180 * 86_400
const MOST_CHARACTERS = 160
const MOST_SHOWN = 100

export interface KnownBrowserParts {
  readonly store: Store
  readonly clock: Clock
}

const cookieOf = (issuer: URL): OwnCookie => ({ name: 'browser', issuer, maxAgeSeconds: KEPT_SECONDS })

/** What the browser shows of itself; nobody else can know it. */
export function browserOf(request: IncomingMessage, issuer: URL): Secret | undefined {
  return readCookie(request, cookieOf(issuer))
}

/** Knows the browser from now on; the answer is the cookie to set. `trustSeconds`: how long it stands for a second factor. */
export async function rememberBrowser(
  { store, clock }: KnownBrowserParts,
  organization: string,
  issuer: URL,
  {
    user,
    request,
    address,
    trustSeconds,
  }: {
    readonly user: string
    readonly request: IncomingMessage
    readonly address: string
    readonly trustSeconds?: number | undefined
  },
): Promise<string> {
  const secret = browserOf(request, issuer) ?? new Secret(randomBytes(32).toString('base64url'))
  const known = await findKnownBrowser(store, organization, user, secret)
  const now = clock.now()
  const value: KnownBrowser = {
    ...known,
    user,
    browser: namedBy(request),
    address,
    seenAt: new Date(now).toISOString(),
    ...(trustSeconds !== undefined && { trustedUntil: new Date(now + trustSeconds * 1000).toISOString() }),
  }
  const expiresAt = now + KEPT_SECONDS * 1000
  await store.commit([put(knownBrowsers, organization, knownBrowserId(secret, user), value, { expiresAt })])
  return writeCookie(cookieOf(issuer), secret)
}

/** Whether the user has proved a second factor there lately, and said that it stands for it. */
export async function isTrustedBrowser(
  { store, clock }: KnownBrowserParts,
  organization: string,
  issuer: URL,
  user: string,
  request: IncomingMessage,
): Promise<boolean> {
  const known = await findKnownBrowser(store, organization, user, browserOf(request, issuer))
  return known?.trustedUntil !== undefined && Date.parse(known.trustedUntil) > clock.now()
}

/** Those of a user, the last one first, by the names under which they can be forgotten. */
export async function listKnownBrowsers(
  { store }: Pick<KnownBrowserParts, 'store'>,
  organization: string,
  user: string,
): Promise<readonly (KnownBrowser & { readonly id: string })[]> {
  const where = { attribute: 'user', equals: user }
  const found = await store.find(knownBrowsers, organization, { where, limit: MOST_SHOWN })
  return found
    .map(({ id, value }) => ({ ...value, id }))
    .toSorted((one, other) => other.seenAt.localeCompare(one.seenAt))
}

/** All of a user: to be committed with what makes it necessary. */
export function forgetBrowsers(organization: string, user: string): Change {
  return removeWhere(knownBrowsers, organization, 'user', user)
}

export function forgetBrowser(organization: string, id: string): Change {
  return remove(knownBrowsers, organization, id)
}

/** As the user recognises it. */
export function namedBy(request: Pick<IncomingMessage, 'headers'>): string {
  return (request.headers['user-agent'] ?? '').replace(/[^\x20-\x7e]/g, '').slice(0, MOST_CHARACTERS)
}
