import { describe, expect, it, vi } from 'vitest'
import type { WithCounters } from '../contract.ts'
import { PLACE_LEASE_MILLIS, type Places } from '../port.ts'

const two: Places = { places: 2 }

/** Releases answer nobody: an engine elsewhere may take a moment. */
async function eventually(test: () => Promise<void>): Promise<void> {
  await vi.waitFor(test, { timeout: 20_000, interval: 5 })
}

/** What every engine guarantees of places. */
export function holdContract(withCounters: WithCounters): void {
  describe('places', () => {
    it('are given to as many as there are, and to the next when one is released', () =>
      withCounters(async ({ counters }) => {
        const first = await counters.hold('key', two)
        expect(first).toMatchObject({ held: true, inUse: 1 })
        expect(await counters.hold('key', two)).toMatchObject({ held: true, inUse: 2 })
        expect(await counters.hold('key', two)).toMatchObject({ held: false, inUse: 2 })
        expect(await counters.hold('another', two)).toMatchObject({ held: true, inUse: 1 })
        first.release()
        first.release()
        await eventually(async () => expect(await counters.hold('key', two)).toMatchObject({ held: true }))
        expect(await counters.hold('key', two)).toMatchObject({ held: false, inUse: 2 })
      }))

    it('are not given back by whoever had none', () =>
      withCounters(async ({ counters }) => {
        await counters.hold('key', { places: 1 })
        const none = await counters.hold('key', { places: 1 })
        none.release()
        expect(await counters.hold('key', { places: 1 })).toMatchObject({ held: false, inUse: 1 })
      }))

    it('are held by no more than there are of any number of concurrent callers', () =>
      withCounters(async ({ counters }) => {
        const holds = await Promise.all(
          Array.from({ length: 100 }, async () => counters.hold('key', { places: 7 })),
        )
        expect(holds.filter(({ held }) => held)).toHaveLength(7)
      }))

    it('have nothing to do with what is taken under the same key', () =>
      withCounters(async ({ counters }) => {
        const once = { limit: 1, windowMillis: 1000, burst: 1 }
        await counters.hold('key', { places: 1 })
        expect(await counters.take('key', once, 1)).toMatchObject({ taken: true })
        expect(await counters.hold('key', two)).toMatchObject({ held: true, inUse: 2 })
      }))

    it('are shared by all holders, and come back from one that is gone', () =>
      withCounters(async ({ counters, other, advance }) => {
        if (other === undefined) return
        await other.hold('key', two)
        const mine = await counters.hold('key', two)
        expect(mine).toMatchObject({ held: true, inUse: 2 })
        expect(await other.hold('key', two)).toMatchObject({ held: false })
        mine.release()
        // From here on nothing is heard of the other.
        await advance(PLACE_LEASE_MILLIS + 1000)
        await eventually(async () =>
          expect(await counters.hold('key', two)).toMatchObject({ held: true, inUse: 1 }),
        )
      }))

    it('come back from a holder that closes', () =>
      withCounters(async ({ counters, other }) => {
        if (other === undefined) return
        await other.hold('key', two)
        await other.hold('key', two)
        await other.close()
        await eventually(async () =>
          expect(await counters.hold('key', { places: 1 })).toMatchObject({ held: true, inUse: 1 }),
        )
      }))
  })
}
