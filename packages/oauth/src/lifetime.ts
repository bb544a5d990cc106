import { defineFaults } from '@portcullis/kernel/fault'

/** How long each thing that the authorization server hands out or remembers is good for. All in seconds. */
export interface Lifetimes {
  /** From redirect to token request (RFC 6749 §4.1.2 recommends at most ten minutes; a browser needs seconds). */
  readonly authorizationCodeSeconds: number
  /** Access tokens cannot be taken back before they expire, so they are short. */
  readonly accessTokenSeconds: number
  readonly idTokenSeconds: number
  /** From the login page until the user has signed in and consented. */
  readonly interactionSeconds: number
  /** A browser session that is not used ends after this. */
  readonly sessionIdleSeconds: number
  /** However much it is used, the user signs in again after this. */
  readonly signInSeconds: number
  /** A refresh token that is not used dies after this; each use gives a new one. */
  readonly refreshTokenSeconds: number
  /** However often it is refreshed, the user is asked again after this. */
  readonly grantSeconds: number
}

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export const defaultLifetimes: Lifetimes = {
  authorizationCodeSeconds: MINUTE,
  accessTokenSeconds: 10 * MINUTE,
  idTokenSeconds: 10 * MINUTE,
  interactionSeconds: 15 * MINUTE,
  sessionIdleSeconds: HOUR,
  signInSeconds: 12 * HOUR,
  refreshTokenSeconds: 14 * DAY,
  grantSeconds: 90 * DAY,
}

/**
 * What must not outlive what: a lattice. A refresh token that outlived its grant, say, would look good until the day
 * it is used. Each row: the shorter, the longer, and why.
 */
const ORDER: readonly (readonly [keyof Lifetimes, keyof Lifetimes, string])[] = [
  ['authorizationCodeSeconds', 'accessTokenSeconds', 'a code is only a step on the way to a token'],
  ['authorizationCodeSeconds', 'interactionSeconds', 'a code is shorter than the sign-in that leads to it'],
  ['interactionSeconds', 'sessionIdleSeconds', 'a session must survive the consent page'],
  ['sessionIdleSeconds', 'signInSeconds', 'idling cannot be longer than the session itself'],
  ['idTokenSeconds', 'signInSeconds', 'an ID token speaks of a sign-in'],
  ['accessTokenSeconds', 'refreshTokenSeconds', 'what renews a token must outlive it'],
  ['refreshTokenSeconds', 'grantSeconds', 'a refresh token is good only under its grant'],
  ['signInSeconds', 'grantSeconds', 'consent is remembered at least through the session'],
]

/**
 * RFC 6749 §4.1.2: a code lives at most ten minutes. Access tokens that nobody introspects are only refused where somebody
 * knows of their revocation: an hour is the most. Revocations are remembered for a year (`cut-off.ts`).
 */
const CEILING: Partial<Lifetimes> = {
  authorizationCodeSeconds: 10 * MINUTE,
  accessTokenSeconds: HOUR,
  grantSeconds: 365 * DAY,
}

export const lifetimeFaults = defineFaults('lifetimes', {
  contradictory: {
    status: 400,
    title: 'The lifetimes contradict each other',
    remedy: 'Change the values that are named so that each is within its bound.',
  },
})

/** Everything that is wrong with a set of lifetimes, in words. Empty when nothing is. */
export function contradictionsOf(lifetimes: Lifetimes): string[] {
  const found: string[] = []
  for (const [name, seconds] of Object.entries(lifetimes)) {
    if (!Number.isSafeInteger(seconds) || seconds < 1)
      found.push(`${name} must be a whole number of seconds above 0`)
    const most = CEILING[name as keyof Lifetimes]
    if (most !== undefined && seconds > most) found.push(`${name} (${seconds}) must be at most ${most}`)
  }
  for (const [shorter, longer, why] of ORDER) {
    if (lifetimes[shorter] > lifetimes[longer]) {
      found.push(
        `${shorter} (${lifetimes[shorter]}) must be at most ${longer} (${lifetimes[longer]}): ${why}`,
      )
    }
  }
  return found
}

/** The same lifetimes. Fault: `lifetimes.contradictory`. */
export function checkLifetimes(lifetimes: Lifetimes): Lifetimes {
  const contradictions = contradictionsOf(lifetimes)
  if (contradictions.length > 0) throw lifetimeFaults.contradictory({ detail: contradictions.join('; ') })
  return lifetimes
}
