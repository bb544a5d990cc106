import type { Secret } from '@portcullis/kernel/secret'
import type { Breaches } from '@portcullis/ports/breaches/port'
import { MAX_PASSWORD_BYTES, passwordFaults } from './password.ts'

/** NIST SP 800-63B-4 §3.1.1.2: where it is all that protects an account, and where a second factor always does too. */
const MIN_CHARACTERS = { alone: 15, withSecondFactor: 8 } as const
/** What is left of a password without the words that everybody knows who knows the user. */
const MIN_LEFT_CHARACTERS = 6
const MIN_WORD_CHARACTERS = 3

/** Of whom a password is, as far as others know it too. */
export interface PasswordOwner {
  readonly organization: string
  readonly user: string
  /** The user's name for people, mail address, the organization's title: whatever somebody who guesses would try. */
  readonly words: readonly (string | undefined)[]
  /** Nobody of the organization signs in without a second factor. */
  readonly secondFactor: boolean
}

/** How many characters a new password needs at least. */
export function minPasswordCharacters({ secondFactor }: Pick<PasswordOwner, 'secondFactor'>): number {
  return secondFactor ? MIN_CHARACTERS.withSecondFactor : MIN_CHARACTERS.alone
}

/**
 * Refuses a password that somebody else would guess: too short, known from other breaches, or made of what everybody knows
 * of its owner. There are no rules of composition: they make passwords worse. Faults: `password.too-short`,
 * `password.too-long`, `password.known`, `password.personal`, `breaches.unavailable`.
 */
export async function demandGoodPassword(
  breaches: Breaches,
  password: Secret,
  owner: PasswordOwner,
): Promise<void> {
  const text = password.reveal()
  if (Buffer.byteLength(text) > MAX_PASSWORD_BYTES) throw passwordFaults['too-long']()
  const least = minPasswordCharacters(owner)
  // As people count them: an accent or a skin tone is none of its own.
  const characters = [...new Intl.Segmenter().segment(text.normalize('NFC'))].length
  if (characters < least)
    throw passwordFaults['too-short']({ detail: `It has ${characters} characters; ${least} are needed.` })
  if (leftWithout(text, wordsOf(owner)).length < MIN_LEFT_CHARACTERS) throw passwordFaults.personal()
  if (await breaches.know(password)) throw passwordFaults.known()
}

function wordsOf({ organization, user, words }: PasswordOwner): string[] {
  const all = [organization, user, ...words].filter((each) => each !== undefined)
  return [...new Set(all.flatMap((each) => plain(each).split(' ')))]
    .filter((each) => each.length >= MIN_WORD_CHARACTERS)
    .toSorted((one, other) => other.length - one.length)
}

function leftWithout(text: string, words: readonly string[]): string {
  const left = words.reduce((each, word) => each.replaceAll(word, ' '), plain(text))
  // Digits and signs around names are what is tried first.
  return left.replace(/[\d\s]/g, '')
}

/** Letters and digits in lower case, with a blank for all else. */
function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
}
