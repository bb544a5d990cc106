import { Secret } from '@portcullis/kernel/secret'
import { manualClock } from '@portcullis/ports/clock/memory'
import { tokensContract } from '@portcullis/ports/tokens/contract'
import { openMemoryTokens } from '@portcullis/ports/tokens/memory'
import type { FetchedToken, Tokens } from '@portcullis/ports/tokens/port'
import { describe, expect, test } from 'vitest'
import { type AskedTokens, openAskedTokens } from './asked-tokens.ts'
import { type GivenTokens, openGivenTokens } from './given-tokens.ts'

/** A thread, and the main thread's end of it, with messages that are cloned between them. */
function openThread(shared: Tokens, clock = manualClock(0)) {
  const later = <T>(message: T, hear: (message: T) => void): void => {
    const clone = structuredClone(message)
    setImmediate(() => hear(clone))
  }
  const thread: AskedTokens = openAskedTokens(
    (message) => later(message, (each) => given.hear(each as never)),
    clock,
  )
  const given: GivenTokens = openGivenTokens(shared, (message) =>
    later(message, (each) => thread.hear(each as never)),
  )
  return { tokens: thread.tokens, given }
}

/** Every message takes a turn, and so does its answer: those that were on their way have been heard, and the next ones. */
async function allHeard(): Promise<void> {
  for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve))
}

tokensContract('of another thread', (clock) => openThread(openMemoryTokens({ clock }), clock).tokens)

describe('tokens of several threads', () => {
  const clock = manualClock(0)
  let fetches = 0
  const fetch = async (): Promise<FetchedToken> => {
    fetches++
    const now = clock.now()
    return { token: new Secret(`token-${fetches}`), fetchedAt: now, expiresAt: now + 100_000 }
  }
  const reveal = async (tokens: Tokens) => (await tokens.get('a', fetch)).token.reveal()
  const threads = () => {
    fetches = 0
    const shared = openMemoryTokens({ clock })
    return [openThread(shared, clock), openThread(shared, clock)] as const
  }

  test('are fetched once for a thousand calls in all of them', async () => {
    const [one, two] = threads()
    const calls = Array.from({ length: 1_000 }, (_, i) => reveal(i % 2 === 0 ? one.tokens : two.tokens))
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['token-1']))
    expect(fetches).toBe(1)
  })

  test('are fetched once more for all when one was refused', async () => {
    const [one, two] = threads()
    const [first, second] = await Promise.all([one.tokens.get('a', fetch), two.tokens.get('a', fetch)])
    expect(one.tokens.drop('a', first)).toBe(true)
    expect(two.tokens.drop('a', second)).toBe(true)
    expect(await Promise.all([reveal(one.tokens), reveal(two.tokens)])).toEqual(['token-2', 'token-2'])
    expect(fetches).toBe(2)
  })

  test('are fetched by another when the thread that was to fetch has ended', async () => {
    const [one, two] = threads()
    const lost = Promise.resolve(one.tokens.get('a', () => new Promise(() => undefined)))
    lost.catch(() => undefined)
    await allHeard()
    const waiting = reveal(two.tokens)
    await allHeard()
    one.given.end(new Error('a bug'))
    await allHeard()
    clock.advance(2_000)
    expect(await waiting).toBe('token-1')
  })
})
