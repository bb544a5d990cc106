import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { type Counters, countersFaults, type Limit } from '@portcullis/ports/counters/port'
import { array, assert, asyncProperty, constantFrom, integer, nat, record } from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openConnection } from './connection.ts'
import { AHEAD_MILLIS, openCountersAhead } from './counters-ahead.ts'
import { engineIsMissing, type RunningEngine, startEngine } from './fixture/redis-server.ts'
import { openValkeyCounters } from './valkey-counters.ts'

const THREADS = 3
const limit: Limit = { limit: 1_000, windowMillis: 10_000, burst: 1_000, precision: 'approximate' }

/** Counters that note how often they are asked. */
function counted(counters: Counters) {
  const asked: number[] = []
  const takeAll: Counters['takeAll'] = (key, limits, cost) => {
    asked.push(cost)
    return counters.takeAll(key, limits, cost)
  }
  return { asked, counters: { ...counters, takeAll } }
}

describe.skipIf(engineIsMissing)('units fetched ahead of a real engine', () => {
  let engine: RunningEngine
  beforeAll(async () => {
    engine = await startEngine()
  })
  afterAll(() => engine.stop())
  let opened = 0

  it('are, over any time, no more than an exact limit admits over that time and a second', async () => {
    const step = record({
      thread: nat(THREADS - 1),
      cost: constantFrom(1, 1, 1, 3),
      pass: constantFrom(0, 0, 0, 0, 7, 400),
    })
    await assert(
      asyncProperty(
        array(step, { minLength: 300, maxLength: 300 }),
        integer({ min: 150, max: 900 }),
        async (steps, burst) => {
          const clock = manualClock()
          const prefix = `ahead-${++opened}`
          const tight: Limit = { ...limit, burst, limit: burst }
          const connection = openConnection({ url: engine.url, timeoutMillis: 10_000 })
          const threads = Array.from({ length: THREADS }, () =>
            openCountersAhead({
              shared: openValkeyCounters({ connection, prefix, now: clock.now }),
              now: clock.now,
            }),
          )
          const admitted: { readonly at: number; readonly units: number }[] = []
          for (const { thread, cost, pass } of steps) {
            clock.advance(pass)
            const { taken } = await (threads[thread] as Counters).take('key', tight, cost)
            if (taken) admitted.push({ at: clock.now(), units: cost })
          }
          for (const [i, first] of admitted.entries()) {
            let units = 0
            for (const { at, units: more } of admitted.slice(i)) {
              units += more
              const millis = at - first.at + AHEAD_MILLIS
              expect(units).toBeLessThanOrEqual(
                burst + Math.ceil((millis * tight.limit) / tight.windowMillis),
              )
            }
          }
          await connection.close()
        },
      ),
      { numRuns: 8 },
    )
  })

  it('hold back from each other no more than a hundredth of the burst for each thread', async () => {
    const clock = manualClock()
    const prefix = `ahead-${++opened}`
    const connection = openConnection({ url: engine.url, timeoutMillis: 10_000 })
    const threads = Array.from({ length: THREADS }, () => {
      const shared = counted(openValkeyCounters({ connection, prefix, now: clock.now }))
      return { ...shared, ahead: openCountersAhead({ shared: shared.counters, now: clock.now }) }
    })
    let admitted = 0
    for (let i = 0; i < 1_500; i++) {
      const { ahead } = threads[i % THREADS] as (typeof threads)[number]
      if ((await ahead.take('key', limit, 1)).taken) admitted++
    }
    expect(admitted).toBeLessThanOrEqual(limit.burst)
    expect(admitted).toBeGreaterThan(limit.burst - THREADS * (limit.burst / 100))
    const asked = threads.flatMap((each) => each.asked)
    // Until it is spent: an exact limit asks a thousand times.
    expect(asked.filter((cost) => cost > 1).length).toBeLessThan(180)
    await connection.close()
  })
})

describe('units fetched ahead', () => {
  function open(more: Partial<Limit> = {}) {
    const clock = manualClock()
    const shared = counted(openMemoryCounters(clock))
    const ahead = openCountersAhead({ shared: shared.counters, now: clock.now })
    const take = (cost = 1) => ahead.take('key', { ...limit, ...more }, cost)
    return { clock, take, ahead, asked: shared.asked, counters: shared.counters }
  }

  it('are none for who comes now and then', async () => {
    const { take, clock, asked } = open()
    for (let i = 0; i < 5; i++) {
      await take()
      clock.advance(2_000)
    }
    expect(asked).toEqual([1, 1, 1, 1, 1])
  })

  it('grow with what is spent, up to a hundredth of the burst', async () => {
    const { take, asked } = open()
    for (let i = 0; i < 100; i++) await take()
    expect(asked.slice(0, 5)).toEqual([1, 1, 2, 4, 8])
    expect(Math.max(...asked)).toBe(10)
    expect(asked.length).toBeLessThan(16)
  })

  it('are over after a second, and not given to anybody', async () => {
    const { take, clock, asked } = open()
    for (let i = 0; i < 9; i++) await take()
    expect(asked).toEqual([1, 1, 2, 4, 8])
    clock.advance(AHEAD_MILLIS)
    expect((await take()).approximate).toBe(true)
    expect(asked).toHaveLength(6)
  })

  it('are fetched once for all who wait for them', async () => {
    const { take, asked } = open()
    for (let i = 0; i < 8; i++) await take()
    const before = asked.length
    const takes = await Promise.all(Array.from({ length: 8 }, () => take()))
    expect(takes.every(({ taken }) => taken)).toBe(true)
    expect(asked.length - before).toBe(1)
  })

  it('tell what is left of the limit', async () => {
    const { take } = open()
    const left = []
    for (let i = 0; i < 6; i++) left.push((await take()).remaining)
    expect(left).toEqual([999, 998, 997, 996, 995, 994])
  })

  it('are none of an exact limit, of a small one, or where nothing is taken', async () => {
    for (const [more, cost] of [
      [{ precision: 'exact' }, 1],
      [{ burst: 99 }, 1],
      [{}, 0],
    ] as const) {
      const { ahead, take } = open(more)
      for (let i = 0; i < 5; i++) expect((await take(cost)).approximate).toBeUndefined()
      await ahead.close()
    }
  })

  it('are refused where there are none, and reject while the engine is away', async () => {
    const { take, ahead, clock } = open({ burst: 200, limit: 200 })
    let taken = 0
    for (let i = 0; i < 300; i++) if ((await take()).taken) taken++
    expect(taken).toBe(200)
    const away: Counters = { ...ahead, takeAll: () => Promise.reject(countersFaults.unavailable()) }
    const gone = openCountersAhead({ shared: away, now: clock.now })
    await expect(gone.take('key', limit, 1)).rejects.toSatisfy(countersFaults.unavailable.is)
    await expect(gone.take('key', limit, 1)).rejects.toSatisfy(countersFaults.unavailable.is)
  })
})
