import { Secret } from '@portcullis/kernel/secret'
import { beforeEach, describe, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../clock/memory.ts'
import type { FetchedToken, Tokens } from './port.ts'

const LIFE = 100_000

/** What everybody guarantees who keeps tokens for backends. */
export function tokensContract(name: string, open: (clock: ManualClock) => Tokens): void {
  describe(`tokens contract: ${name}`, () => {
    let clock: ManualClock
    let tokens: Tokens
    let fetches: number
    beforeEach(() => {
      clock = manualClock(1_000_000)
      tokens = open(clock)
      fetches = 0
    })

    /** The n-th token that was fetched is `token-n`. */
    const fetch = async (): Promise<FetchedToken> => {
      fetches++
      const now = clock.now()
      return { token: new Secret(`token-${fetches}`), fetchedAt: now, expiresAt: now + LIFE }
    }
    const failing = async (): Promise<FetchedToken> => {
      fetches++
      throw new Error(`failure ${fetches}`)
    }
    const get = async (key = 'a', how = fetch) => (await tokens.get(key, how)).token.reveal()
    /** What was begun aside has ended. */
    const settle = () => new Promise((resolve) => setTimeout(resolve, 20))

    it('fetches a token once for all who ask at the same time, and for those who come later', async () => {
      const got = await Promise.all(Array.from({ length: 1_000 }, () => get()))
      expect(new Set(got)).toEqual(new Set(['token-1']))
      expect(await get()).toBe('token-1')
      expect(fetches).toBe(1)
    })

    it('gives what is known at once, with its times', async () => {
      await get()
      const known = tokens.get('a', fetch)
      expect(known).not.toBeInstanceOf(Promise)
      expect(known).toMatchObject({ fetchedAt: 1_000_000, expiresAt: 1_000_000 + LIFE })
    })

    it('keeps tokens of different keys apart', async () => {
      expect([await get('a'), await get('b'), await get('a')]).toEqual(['token-1', 'token-2', 'token-1'])
    })

    it('fetches another aside before the end, and gives the old one meanwhile', async () => {
      await get()
      clock.advance(LIFE * 0.69)
      await get()
      await settle()
      expect(fetches).toBe(1)
      clock.advance(LIFE * 0.17)
      expect(await get()).toBe('token-1')
      await settle()
      expect(fetches).toBe(2)
      // Who heard of the old one just now may go on with it for a second.
      clock.advance(1_000)
      await get()
      await settle()
      expect(await get()).toBe('token-2')
      expect(fetches).toBe(2)
    })

    it('goes on with the old one while another can’t be had, and asks no more than once in a second', async () => {
      await get()
      clock.advance(LIFE * 0.86)
      for (let i = 0; i < 5; i++) {
        expect(await get('a', failing)).toBe('token-1')
        await settle()
      }
      expect(fetches).toBe(2)
      clock.advance(1_000)
      expect(await get('a', failing)).toBe('token-1')
      await settle()
      expect(fetches).toBe(3)
    })

    it('gives no token that ends on its way', async () => {
      await get()
      clock.advance(LIFE - 1_000)
      expect(await get()).toBe('token-2')
    })

    it('tells a failure to all who asked, and again for a second without another fetch', async () => {
      const all = await Promise.allSettled(Array.from({ length: 10 }, () => get('a', failing)))
      expect(all.map((each) => each.status === 'rejected' && each.reason.message)).toEqual(
        Array.from({ length: 10 }, () => 'failure 1'),
      )
      await expect(get('a', failing)).rejects.toThrow('failure 1')
      expect(fetches).toBe(1)
      clock.advance(1_000)
      expect(await get()).toBe('token-2')
    })

    it('fetches one other for all to whom a token was refused', async () => {
      const refused = await tokens.get('a', fetch)
      const renewed = Array.from({ length: 100 }, async () => {
        expect(tokens.drop('a', refused)).toBe(true)
        return get()
      })
      expect(new Set(await Promise.all(renewed))).toEqual(new Set(['token-2']))
      expect(fetches).toBe(2)
      expect(tokens.drop('a', refused)).toBe(true)
      expect(await get()).toBe('token-2')
    })

    it('does not fetch on and on for somebody who refuses every token', async () => {
      await get()
      expect(tokens.drop('a', await tokens.get('a', fetch))).toBe(true)
      await get()
      expect(tokens.drop('a', await tokens.get('a', fetch))).toBe(false)
      expect(await get()).toBe('token-2')
      clock.advance(5_000)
      expect(tokens.drop('a', await tokens.get('a', fetch))).toBe(true)
      expect(await get()).toBe('token-3')
    })
  })
}
