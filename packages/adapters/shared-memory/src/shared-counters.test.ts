import { Worker } from 'node:worker_threads'
import { manualClock } from '@portcullis/ports/clock/memory'
import { countersContract } from '@portcullis/ports/counters/contract'
import { countersFaults, type Limit, PLACE_LEASE_MILLIS, type Span } from '@portcullis/ports/counters/port'
import { describe, expect, it, vi } from 'vitest'
import type { Crowded, Crowding } from './crowd-worker.ts'
import type { Admitted, Hammered, Hammering } from './hammer-worker.ts'
import { attachSharedCounters, openSharedCounters, type SharedCounters } from './shared-counters.ts'

countersContract('shared memory', () => {
  const clock = manualClock()
  const counters = openSharedCounters({ capacity: 1000, clock })
  return { counters, other: attachSharedCounters(counters.handle(), clock), advance: clock.advance }
})

const DAY_MILLIS = 86_400_000
const THREADS = 4
const once: Limit = { limit: 1, windowMillis: 1000, burst: 1 }

/** Nothing comes back while a test runs. */
function onlyBurst(burst: number): Limit {
  return { limit: 1, windowMillis: DAY_MILLIS, burst }
}

/** Starts all threads at once on the same counters and waits for what each of them got. */
async function hammer(
  counters: SharedCounters,
  work: Pick<Hammering, 'keys' | 'limit' | 'rounds'>,
): Promise<readonly Hammered[]> {
  return together('./hammer-worker.ts', (gate, thread): Hammering => {
    const first = Math.floor((thread * work.keys) / THREADS / 8)
    return { ...work, handle: counters.handle(), gate, first }
  })
}

/** Starts a program in all threads at once and waits for what each of them tells. */
async function together<Result>(
  program: string,
  dataOf: (gate: Int32Array, thread: number) => unknown,
): Promise<readonly Result[]> {
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const workers = Array.from(
    { length: THREADS },
    (_, thread) => new Worker(new URL(program, import.meta.url), { workerData: dataOf(gate, thread) }),
  )
  try {
    await Promise.all(workers.map((worker) => nextMessage(worker)))
    const results = Promise.all(workers.map((worker) => nextMessage<Result>(worker)))
    Atomics.store(gate, 0, 1)
    Atomics.notify(gate, 0)
    return await results
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

function nextMessage<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

function admittedPerKey(results: readonly Hammered[]): Map<number, Admitted[]> {
  return Map.groupBy(
    results.flatMap((each) => each.admitted),
    (each) => each.key,
  )
}

describe('counters shared by threads', () => {
  it('admit exactly the burst of one key, however many threads ask', async () => {
    const counters = openSharedCounters({ capacity: 10 })
    const results = await hammer(counters, { keys: 1, limit: onlyBurst(10_000), rounds: 20_000 })
    expect(results.reduce((sum, each) => sum + each.admitted.length, 0)).toBe(10_000)
    expect(results.reduce((sum, each) => sum + each.refused, 0)).toBe(THREADS * 20_000 - 10_000)
    expect(counters.take('key-0', onlyBurst(10_000), 1)).toMatchObject({ taken: false, remaining: 0 })
  })

  it('admit exactly the burst of every key, also where threads meet at a key that is new', async () => {
    const counters = openSharedCounters({ capacity: 20_000 })
    const results = await hammer(counters, { keys: 20_000, limit: onlyBurst(3), rounds: 2 })
    const perKey = admittedPerKey(results)
    expect(perKey.size).toBe(20_000)
    for (const admitted of perKey.values()) expect(admitted).toHaveLength(3)
  })

  it('admit nothing in excess while slots pass from key to key all the time', async () => {
    const limit: Limit = { limit: 2, windowMillis: 3, burst: 2 }
    const counters = openSharedCounters({ capacity: 64 })
    const results = await hammer(counters, { keys: 700, limit, rounds: 60 })
    const perKey = admittedPerKey(results)
    expect(results.some((each) => each.full > 0)).toBe(true)
    expect(perKey.size).toBe(700)
    for (const admitted of perKey.values()) expect(worstExcess(limit, admitted)).toBeLessThanOrEqual(0)
  })
})

describe('several limits and places shared by threads', () => {
  it('admit exactly what all limits allow, and let no more inside than there are places', async () => {
    const counters = openSharedCounters({ capacity: 10 })
    const inside = new Int32Array(new SharedArrayBuffer(8))
    const limits: (Limit | Span)[] = [
      { limit: 5000, start: 0, leftMillis: DAY_MILLIS },
      onlyBurst(4000),
      onlyBurst(6000),
    ]
    const results = await together<Crowded>('./crowd-worker.ts', (gate): Crowding => {
      return { handle: counters.handle(), gate, limits, places: 2, inside, rounds: 3000 }
    })
    expect(results.reduce((sum, { admitted }) => sum + admitted, 0)).toBe(4000)
    expect(counters.takeAll('key', limits, 0).map(({ remaining }) => remaining)).toEqual([1000, 0, 2000])
    expect(Math.max(...results.map(({ most }) => most))).toBe(2)
    expect(results.every(({ held }) => held > 0)).toBe(true)
    expect(counters.hold('places', { places: 2 }), 'all was given back').toMatchObject({ inUse: 1 })
  })
})

/** By how many units some span of time got more than it may have. */
function worstExcess(limit: Limit, admitted: readonly Admitted[]): number {
  const inOrder = admitted.toSorted((a, b) => a.before - b.before)
  let worst = Number.NEGATIVE_INFINITY
  for (const [first, { before }] of inOrder.entries()) {
    let end = before
    for (const [more, { after }] of inOrder.slice(first, first + 50).entries()) {
      end = Math.max(end, after)
      // The counters read the clock in whole milliseconds, and clocks of two threads agree to a few microseconds.
      const allowed = limit.burst + (limit.limit * (end - before + 1.05)) / limit.windowMillis
      worst = Math.max(worst, more + 1 - allowed)
    }
  }
  return worst
}

describe('places', () => {
  it('stay with whoever holds them for long, and come back from who gives no sign of life', () => {
    vi.useFakeTimers()
    try {
      const clock = manualClock()
      const mine = openSharedCounters({ capacity: 10, clock })
      const yours = attachSharedCounters(mine.handle(), clock)
      expect(mine.hold('key', { places: 1 }).held).toBe(true)
      for (let seconds = 0; seconds < 120; seconds++) {
        clock.advance(1000)
        vi.advanceTimersByTime(1000)
        expect(yours.hold('key', { places: 1 }).held).toBe(false)
      }
      // From here on its timers stand still, as in a thread that has ended.
      clock.advance(PLACE_LEASE_MILLIS + 1000)
      expect(yours.hold('key', { places: 1 })).toMatchObject({ held: true, inUse: 1 })
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('shared counters', () => {
  it('are the same for all who attach', () => {
    const clock = manualClock()
    const mine = openSharedCounters({ capacity: 10, clock })
    const yours = attachSharedCounters(structuredClone(mine.handle()), clock)
    expect(mine.take('key', once, 1).taken).toBe(true)
    expect(yours.take('key', once, 1).taken).toBe(false)
  })

  it('hold as many keys as was asked for and fail closed beyond that', () => {
    const clock = manualClock()
    const counters = openSharedCounters({ capacity: 5000, clock })
    let held = 0
    const fill = (): void => {
      for (; held < 20_000; held++) counters.take(`key-${held}`, once, 1)
    }
    expect(fill).toThrow(expect.toSatisfy(countersFaults.full.is))
    expect(held).toBeGreaterThanOrEqual(5000)
    expect(counters.take('key-1', once, 1).taken, 'keys that are there go on').toBe(false)
  })

  it('tell how many keys owe something, and forget those that do no more', () => {
    let now = 0
    const counters = openSharedCounters({ capacity: 100_000, clock: { now: () => now } })
    expect(counters.used()).toBe(0)
    for (let i = 0; i < 20_000; i++) counters.take(`key ${i}`, once, 1)
    expect(counters.used()).toBeGreaterThan(16_000)
    expect(counters.used()).toBeLessThan(24_000)
    now = 2_000
    expect(counters.used()).toBe(0)
  })

  it('give the room of a key that owes nothing to another', () => {
    const clock = manualClock()
    const counters = openSharedCounters({ capacity: 100, clock })
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 100; i++) expect(counters.take(`${round}/${i}`, once, 1).taken).toBe(true)
      for (let i = 0; i < 100; i++) expect(counters.take(`${round}/${i}`, once, 1).taken).toBe(false)
      clock.advance(1000)
    }
  })

  it('need no room for a look, nor for what is refused anyway', () => {
    const counters = openSharedCounters({ capacity: 1, clock: manualClock() })
    for (let i = 0; i < 1000; i++) {
      expect(counters.take(`look-${i}`, once, 0)).toMatchObject({ taken: true, remaining: 1 })
      expect(counters.take(`dear-${i}`, once, 2)).toMatchObject({ taken: false, remaining: 1 })
    }
  })

  it('place the same keys elsewhere in every table, so that nobody can prepare keys that meet', () => {
    const places = Array.from({ length: 2 }, () => {
      const counters = openSharedCounters({ capacity: 1000, clock: manualClock() })
      counters.take('key', once, 1)
      const cells = new Int32Array(counters.handle().buffer)
      return cells.subarray(64).findIndex((cell) => cell !== 0)
    })
    expect(places[0]).not.toBe(places[1])
  })

  it.each([0, -1, 1.5, Number.NaN, 2 ** 26])('refuse a capacity of %s', (capacity) => {
    expect(() => openSharedCounters({ capacity })).toThrow(RangeError)
  })

  it.each([0, 4, 64, 4096])('refuse %s bytes of memory that hold no counters', (bytes) => {
    expect(() => attachSharedCounters({ buffer: new SharedArrayBuffer(bytes) })).toThrow(RangeError)
  })
})
