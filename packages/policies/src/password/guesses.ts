import { hash } from 'node:crypto'
import type { FaultKind } from '@portcullis/kernel/fault'
import { foldName } from '@portcullis/kernel/fold-name'
import type { Counters, Limit } from '@portcullis/ports/counters/port'
import { networkOf } from '../address/network.ts'
import { RecentMap } from '../memory/recent-map.ts'

const WINDOW_MILLIS = 60_000
export const RETRY_LATER = ['Retry-After', String(WINDOW_MILLIS / 1000)]

/** From elsewhere than where somebody is known, so many times as many guesses at one name as from one network. */
const WIDE_FACTOR = 10
const MAX_KNOWN = 10_000

/**
 * Holds off who guesses passwords: by network, by name within a network, and by name wherever it comes from. The last does
 * not count where somebody has signed in before, so that nobody can lock out a user from elsewhere.
 */
export interface Guesses {
  /** @throws what `openGuesses` was given; what the counters throw when they fail. */
  admit(address: string, name: string): Promise<void>
  /** It was wrong. */
  count(address: string, name: string): Promise<void>
  /** It was right. */
  welcome(address: string, name: string): void
}

export interface GuessRules {
  /** Who knows the passwords: guesses at those of others are counted apart. */
  readonly at: string
  /** Wrong ones from an address. */
  readonly perMinute: number
  /** What is thrown at those who are held off. */
  readonly tooMany: FaultKind
}

export function openGuesses(counters: Counters, { at, perMinute, tooMany }: GuessRules): Guesses {
  const prefix = `guesses|${hash('sha256', at, 'base64url')}`
  const perName = Math.max(1, Math.floor(perMinute / 4))
  const known = new RecentMap<true>(MAX_KNOWN)
  const limitOf = (limit: number): Limit => ({ limit, windowMillis: WINDOW_MILLIS, burst: limit })

  function counts(address: string, name: string): { key: string; limit: Limit; wide: boolean }[] {
    const network = networkOf(address)
    // Names are the caller's, of any length; nothing of them stands in a key.
    const who = hash('sha256', foldName(name), 'base64url')
    return [
      { key: `${prefix}|network|${network}`, limit: limitOf(perMinute), wide: false },
      { key: `${prefix}|pair|${network}|${who}`, limit: limitOf(perName), wide: false },
      { key: `${prefix}|name|${who}`, limit: limitOf(perName * WIDE_FACTOR), wide: true },
    ]
  }

  const pairOf = (address: string, name: string): string => `${networkOf(address)} ${foldName(name)}`

  return {
    async admit(address, name) {
      const isKnown = known.get(pairOf(address, name)) === true
      for (const { key, limit, wide } of counts(address, name)) {
        if (wide && isKnown) continue
        const { remaining } = await counters.take(key, limit, 0)
        if (remaining < 1) throw tooMany()
      }
    },
    async count(address, name) {
      for (const { key, limit } of counts(address, name)) await counters.take(key, limit, 1)
    },
    welcome(address, name) {
      known.set(pairOf(address, name), true)
    },
  }
}
