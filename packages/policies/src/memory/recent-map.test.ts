import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RecentMap } from './recent-map.ts'

describe('RecentMap', () => {
  it('never holds more than its capacity, and never a value of another key', () => {
    const action = fc.record({ kind: fc.constantFrom('set', 'get', 'delete'), key: fc.nat(40) })
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.array(action), (capacity, actions) => {
        const recent = new RecentMap<string>(capacity)
        for (const { kind, key } of actions) {
          if (kind === 'set') recent.set(`${key}`, `value of ${key}`)
          else if (kind === 'delete') recent.delete(`${key}`)
          else expect([undefined, `value of ${key}`]).toContain(recent.get(`${key}`))
          if (kind === 'delete') expect(recent.get(`${key}`)).toBeUndefined()
          expect(recent.size).toBeLessThanOrEqual(capacity)
        }
      }),
    )
  })

  it('keeps what is asked for again and again, whatever else comes', () => {
    const recent = new RecentMap<number>(8)
    recent.set('mine', 1)
    for (let i = 0; i < 100; i++) {
      recent.set(`other ${i}`, i)
      expect(recent.get('mine')).toBe(1)
    }
  })

  it('keeps the newest half of its capacity', () => {
    const recent = new RecentMap<number>(10)
    for (let i = 0; i < 100; i++) recent.set(`${i}`, i)
    for (let i = 95; i < 100; i++) expect(recent.get(`${i}`)).toBe(i)
  })

  it.each([0, 1, 2.5, Number.NaN])('refuses a capacity of %d', (capacity) => {
    expect(() => new RecentMap(capacity)).toThrow(RangeError)
  })
})
