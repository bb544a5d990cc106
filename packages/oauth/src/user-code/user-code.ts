import { Secret } from '@portcullis/kernel/secret'
import { passwords, userCodes } from '@portcullis/model/collection'
import type { Counters } from '@portcullis/ports/counters/port'
import { put, remove, type Store } from '@portcullis/ports/store/port'
import { hashPassword, verifyPassword } from '../password/password.ts'
import { countGuessesOfApp } from '../sign-in/sign-in.ts'

/** Short enough to be said over a counter; guesses are limited, and it opens nothing by itself. */
export const userCodeCharacters = { least: 6, most: 64 } as const

export interface UserCodeParts {
  readonly store: Store
  readonly counters: Counters
}

/**
 * Whether an app may ask a user on another device (OpenID CIBA Core §7.1.2). Who has chosen a code is asked by nobody who does not know
 * it; who has none is asked by every app that may. Guesses are limited as those at passwords are, and counted by app, so that no app
 * can use up another's.
 */
export async function checkUserCode(
  { store, counters }: UserCodeParts,
  { organization, user, app, code }: Presented,
): Promise<'right' | 'missing' | 'wrong' | 'limited'> {
  const known = await store.get(userCodes, organization, user)
  if (known === undefined) return 'right'
  if (code === undefined) return 'missing'
  if ((await countGuessesOfApp(counters, organization, user, app)) > 0) return 'limited'
  return (await verifyPassword(known.value.hash, code)) ? 'right' : 'wrong'
}

interface Presented {
  readonly organization: string
  readonly user: string
  readonly app: string
  readonly code: Secret | undefined
}

/** What is wrong with a code that a user would choose, for the user; nothing where it is kept now. */
export async function chooseUserCode(
  store: Store,
  organization: string,
  user: string,
  code: string,
  nowMillis: number,
): Promise<string | undefined> {
  const { least, most } = userCodeCharacters
  if (code.length < least || code.length > most) return `Choose a code of ${least} to ${most} characters.`
  if (new Set(code).size < least / 2) return 'Choose a code that is not so easy to guess.'
  const password = await store.get(passwords, organization, user)
  // People say it to others.
  if (password !== undefined && (await verifyPassword(password.value.hash, new Secret(code))))
    return 'That is your password. Choose something that others may hear.'
  const hash = await hashPassword(new Secret(code))
  const changedAt = new Date(nowMillis).toISOString()
  await store.commit([put(userCodes, organization, user, { user, hash, changedAt })])
  return undefined
}

export async function hasUserCode(store: Store, organization: string, user: string): Promise<boolean> {
  return (await store.get(userCodes, organization, user)) !== undefined
}

export function dropUserCode(store: Store, organization: string, user: string): Promise<void> {
  return store.commit([remove(userCodes, organization, user)])
}
