import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  afterFailure,
  afterSuccess,
  type Ejection,
  type EjectionRules,
  ejectMillis,
  isEjected,
  mayEject,
  neverEjected,
} from './ejection.ts'

const rules: EjectionRules = { failures: 3, ejectForMillis: 1_000, maxEjectedPercent: 50 }

function fail(state: Ejection, times: number, now: number, allowed = true): Ejection {
  return Array.from({ length: times }).reduce<Ejection>(
    (each) => afterFailure(each, rules, now, allowed),
    state,
  )
}

describe('ejection', () => {
  it('comes with the last failure of the row, and ends by itself', () => {
    expect(isEjected(fail(neverEjected, 2, 100), 100)).toBe(false)
    const out = fail(neverEjected, 3, 100)
    expect([isEjected(out, 100), isEjected(out, 1_099), isEjected(out, 1_100)]).toEqual([true, true, false])
  })

  it('begins to count anew after a success', () => {
    const mended = afterSuccess(fail(neverEjected, 2, 0), rules, 0)
    expect(isEjected(fail(mended, 2, 0), 0)).toBe(false)
  })

  it('lasts twice as long each time, up to ten minutes', () => {
    let state = neverEjected
    let now = 0
    const lengths = Array.from({ length: 12 }, () => {
      state = fail(state, 3, now)
      const millis = state.until - now
      now = state.until
      return millis / 1_000
    })
    expect(lengths).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600])
    expect(ejectMillis({ ejectForMillis: 3_600_000 } as EjectionRules, 9)).toBe(3_600_000)
  })

  it('is forgotten by a target that has served for as long as it was out', () => {
    const out = fail(fail(neverEjected, 3, 0), 3, 1_000)
    expect(out).toMatchObject({ times: 2, until: 3_000 })
    expect(afterSuccess(out, rules, 4_999).times).toBe(2)
    expect(afterSuccess(out, rules, 5_000).times).toBe(0)
  })

  it('waits while it is not allowed, and comes with the next failure once it is', () => {
    const kept = fail(neverEjected, 10, 0, false)
    expect(isEjected(kept, 0)).toBe(false)
    expect(isEjected(fail(kept, 1, 0), 0)).toBe(true)
  })

  it('is not prolonged by calls that were under way', () => {
    const out = fail(neverEjected, 3, 0)
    expect(fail(out, 50, 500)).toBe(out)
  })

  it('agrees with a plain list of what happened', () => {
    const happening = fc.record({ good: fc.boolean(), pauseMillis: fc.nat(3_000) })
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 80 }), (happenings) => {
        let state = neverEjected
        let now = 0
        // The model: the results since the last ejection ended, and the times of all ejections.
        let row: boolean[] = []
        let out: { from: number; until: number }[] = []
        for (const { good, pauseMillis } of happenings) {
          now += pauseMillis
          const last = out.at(-1)
          const wasOut = last !== undefined && now < last.until
          state = good ? afterSuccess(state, rules, now) : afterFailure(state, rules, now, true)
          if (good || !wasOut) row.push(good)
          if (good && last !== undefined && now >= last.until + (last.until - last.from)) out = []
          if (row.length >= 3 && row.slice(-3).every((each) => !each)) {
            out.push({ from: now, until: now + 1_000 * 2 ** out.length })
            row = []
          }
          expect(isEjected(state, now)).toBe(out.some((each) => now < each.until))
        }
      }),
    )
  })
})

describe('the cap on ejections', () => {
  it('never takes the only target, always allows one of two, and none where none is wanted', () => {
    expect(mayEject(1, 0, 100)).toBe(false)
    expect(mayEject(2, 0, 10)).toBe(true)
    expect(mayEject(2, 0, 0)).toBe(false)
    expect(mayEject(2, 1, 100)).toBe(true)
  })

  it('holds however many fail', () => {
    const percent = fc.integer({ min: 1, max: 100 })
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 64 }), percent, (targets, most) => {
        let ejected = 0
        while (mayEject(targets, ejected, most)) ejected++
        expect(ejected).toBe(Math.max(1, Math.floor((targets * most) / 100)))
      }),
    )
  })
})
