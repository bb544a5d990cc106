import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import {
  type Counters,
  countersFaults,
  type Limit,
  type Span,
  type WhenAway,
} from '@portcullis/ports/counters/port'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openCountersWhenAway } from './counters-when-away.ts'

const HOUR_MILLIS = 3_600_000

/** Shared counters of several nodes, which can be made to go away; every node has its own beside them. */
function open(nodes: number) {
  const clock = manualClock()
  const engine = openMemoryCounters(clock)
  const state = { isAway: false }
  const ask = async <T>(act: () => T | Promise<T>): Promise<T> => {
    if (state.isAway) throw countersFaults.unavailable()
    return act()
  }
  const shared: Counters = {
    take: (...asked) => ask(() => engine.take(...asked)),
    takeAll: (...asked) => ask(() => engine.takeAll(...asked)),
    hold: (...asked) => ask(() => engine.hold(...asked)),
    close: () => engine.close(),
  }
  const all = Array.from({ length: nodes }, () =>
    openCountersWhenAway({ shared, local: openMemoryCounters(clock), nodes: () => nodes }),
  )
  return { clock, state, nodes: all as [Counters, ...Counters[]] }
}

const hourly = (whenAway?: WhenAway): Limit => {
  return { limit: 12, windowMillis: HOUR_MILLIS, burst: 12, ...(whenAway && { whenAway }) }
}

async function admitted(counters: Counters, limit: Limit, calls: number): Promise<number> {
  let sum = 0
  for (let i = 0; i < calls; i++) if ((await counters.take('key', limit, 1)).taken) sum++
  return sum
}

describe('while shared counters are away, a limit', () => {
  it('refuses unless it says otherwise', async () => {
    const { state, nodes } = open(1)
    state.isAway = true
    for (const limit of [hourly(), hourly('refuse')]) {
      await expect(nodes[0].take('key', limit, 1)).rejects.toSatisfy(countersFaults.unavailable.is)
    }
    await expect(nodes[0].hold('key', { places: 1 })).rejects.toSatisfy(countersFaults.unavailable.is)
  })

  it('admits everything where it chose to, and says so', async () => {
    const { state, nodes } = open(1)
    state.isAway = true
    const limit = hourly('allow')
    for (let i = 0; i < 20; i++) {
      expect(await nodes[0].take('key', limit, 1)).toMatchObject({ taken: true, away: 'allow' })
    }
    const hold = await nodes[0].hold('key', { places: 1, whenAway: 'allow' })
    expect(hold).toMatchObject({ held: true, away: 'allow' })
    hold.release()
  })

  it('is divided among the nodes where it chose to, and each of them counts what it let through before', async () => {
    const { state, nodes } = open(3)
    const limit = hourly('local')
    expect(await admitted(nodes[0], limit, 3)).toBe(3)
    state.isAway = true
    expect(await nodes[0].take('key', limit, 1)).toMatchObject({ taken: true, away: 'local', remaining: 0 })
    expect(await admitted(nodes[0], limit, 5)).toBe(0)
    expect(await admitted(nodes[1] as Counters, limit, 9)).toBe(4)
    state.isAway = false
    expect(await admitted(nodes[2] as Counters, limit, 20), 'shared again').toBe(9)
  })

  it('gives every node its share of a span and of places', async () => {
    const { state, nodes } = open(2)
    const span: Span = { limit: 5, start: 0, leftMillis: HOUR_MILLIS, whenAway: 'local' }
    const places = { places: 4, whenAway: 'local' as const }
    const warm = await nodes[0].hold('key', places)
    state.isAway = true
    const takes = await Promise.all([1, 2, 3].map(() => nodes[0].takeAll('key', [span], 1)))
    expect(takes.map(([take]) => take?.taken)).toEqual([true, true, false])
    const second = await nodes[0].hold('key', places)
    expect(second).toMatchObject({ held: true, inUse: 2, away: 'local' })
    expect(await nodes[0].hold('key', places)).toMatchObject({ held: false, away: 'local' })
    warm.release()
    expect(await nodes[0].hold('key', places)).toMatchObject({ held: true })
  })

  it('admits on all nodes together no more than one limit on top of what was admitted before, whoever asks when', async () => {
    const steps = fc.array(fc.tuple(fc.nat(2), fc.constantFrom('ask', 'ask', 'ask', 'away', 'back')), {
      maxLength: 80,
    })
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const { state, nodes } = open(3)
        const limit = hourly('local')
        let sum = 0
        for (const [node, step] of sequence) {
          if (step !== 'ask') state.isAway = step === 'away'
          else if ((await (nodes[node] as Counters).take('key', limit, 1)).taken) sum++
        }
        expect(sum).toBeLessThanOrEqual(24)
      }),
      { numRuns: 80 },
    )
  })
})
