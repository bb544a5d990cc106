import { createHash } from 'node:crypto'
import { foldName } from '@portcullis/kernel/fold-name'
import { fingerprintOf, type Secret } from '@portcullis/kernel/secret'
import { idOf, passwords, resources } from '@portcullis/model/collection'
import type { Counters, Limit } from '@portcullis/ports/counters/port'
import type { Store } from '@portcullis/ports/store/port'
import { addressGroup } from '../address-group.ts'
import { decoyPasswordHash, verifyPassword } from '../password/password.ts'
import { findKnownBrowser } from './known-browser.ts'

const MINUTE_MILLIS = 60_000

/** One guess at an account from one place: ten at once, then one a minute. */
const ACCOUNT_LIMIT: Limit = { limit: 10, windowMillis: 10 * MINUTE_MILLIS, burst: 10, whenAway: 'local' }
/** One account from anywhere: guesses from a thousand places are slow too. It only slows strangers down, and never forbids. */
const STRANGER_LIMIT: Limit = { limit: 100, windowMillis: 10 * MINUTE_MILLIS, burst: 100, whenAway: 'local' }
/** Guesses at any account from one place, so that a list of names gets nowhere: an office still signs in. */
const ADDRESS_LIMIT: Limit = { limit: 100, windowMillis: 10 * MINUTE_MILLIS, burst: 100, whenAway: 'local' }

export interface SignInAttempt {
  readonly organization: string
  readonly user: string
  readonly password: Secret
  /** Of the browser, or of the caller of a gateway. */
  readonly address: string
  /** What the browser shows of itself. One in which the user signed in before is counted apart: no stranger can use it up. */
  readonly browser?: Secret | undefined
}

export type SignIn =
  | { readonly outcome: 'accepted'; readonly user: string }
  | { readonly outcome: 'refused' }
  | { readonly outcome: 'limited'; readonly retryAfterSeconds: number }

export type TrySignIn = (attempt: SignInAttempt) => Promise<SignIn>

/**
 * Tells whether a password is the user's. An unknown user, a disabled one, one without a password and a wrong
 * password take the same work and get the same answer. Every attempt counts; when the counters do not answer,
 * nobody signs in.
 */
export function signInWith(store: Store, counters: Counters): TrySignIn {
  const decoy = decoyPasswordHash()
  return async ({ organization, user, password, address, browser }) => {
    const known = await findKnownBrowser(store, organization, user, browser)
    const limits = limitsOf(organization, digest(user), address, known && browser)
    const retryAfterSeconds = await secondsToWait(counters, limits)
    if (retryAfterSeconds > 0) return { outcome: 'limited', retryAfterSeconds }
    const [resource, stored] = await Promise.all([
      store.get(resources, organization, idOf.resource('User', user)),
      store.get(passwords, organization, user),
    ])
    const matches = await verifyPassword(stored?.value.hash ?? decoy, password)
    const enabled = resource?.value.kind === 'User' && !resource.value.spec.disabled
    return matches && enabled && stored !== undefined ? { outcome: 'accepted', user } : { outcome: 'refused' }
  }
}

/** How long somebody who tries passwords must wait: seconds, 0 when not at all. Rejects when the counters do not answer. */
export type CountSignIn = (organization: string, user: string, address: string) => Promise<number>

/** For passwords that somebody else verifies, who may take many ways of writing a name for one. */
export function countSignInsWith(counters: Counters): CountSignIn {
  return (organization, user, address) =>
    secondsToWait(counters, limitsOf(organization, digest(foldName(user)), address, undefined))
}

/** The same for codes of users that an app passes on: by app and account, and by account from all apps. */
export function countGuessesOfApp(
  counters: Counters,
  organization: string,
  user: string,
  app: string,
): Promise<number> {
  const account = digest(user)
  return secondsToWait(counters, [
    [`user-code/${organization}/${app}/${account}`, ACCOUNT_LIMIT],
    [`user-code/${organization}/strangers/${account}`, STRANGER_LIMIT],
  ])
}

type Limits = readonly (readonly [string, Limit])[]

async function secondsToWait(counters: Counters, limits: Limits): Promise<number> {
  for (const [key, limit] of limits) {
    const take = await counters.take(key, limit, 1)
    if (!take.taken) return Math.ceil(take.retryAfterMillis / 1000)
  }
  return 0
}

function limitsOf(organization: string, account: string, address: string, known: Secret | undefined): Limits {
  if (known !== undefined)
    return [[`sign-in/${organization}/known/${fingerprintOf(known)}/${account}`, ACCOUNT_LIMIT]]
  const group = addressGroup(address)
  return [
    [`sign-in/${organization}/${group}`, ADDRESS_LIMIT],
    [`sign-in/${organization}/${group}/${account}`, ACCOUNT_LIMIT],
    [`sign-in/${organization}/strangers/${account}`, STRANGER_LIMIT],
  ]
}

/** What people type there may be long, or a password in the wrong field: it is no key as it is. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
