import { beforeEach, describe, expect, it } from 'vitest'
import type { Generations } from './port.ts'

export interface GenerationsUnderTest {
  readonly generations: Generations
  /** The same, as another thread has them; itself where there is but one. */
  readonly other: Generations
}

/** What every keeper of generations guarantees. */
export function generationsContract(name: string, open: () => GenerationsUnderTest): void {
  describe(`generations contract: ${name}`, () => {
    let under: GenerationsUnderTest
    beforeEach(() => {
      under = open()
    })

    it('counts the same for a place until it is changed', () => {
      const { generations, other } = under
      expect(generations.of('/a')).toBe(generations.of('/a'))
      expect(other.of('/a')).toBe(generations.of('/a'))
    })

    it('counts another for a place that was changed, at once and everywhere', () => {
      const { generations, other } = under
      const before = generations.of('/a')
      other.bump('/a')
      expect(generations.of('/a')).not.toBe(before)
      expect(other.of('/a')).toBe(generations.of('/a'))
    })

    it('never counts again what it has counted', () => {
      const { generations } = under
      const seen = Array.from({ length: 1_000 }, () => {
        generations.bump('/a')
        return generations.of('/a')
      })
      expect(new Set(seen).size).toBe(1_000)
    })

    it('leaves nearly all other places alone', () => {
      const { generations } = under
      const places = Array.from({ length: 200 }, (_, i) => `/place/${i}`)
      const before = places.map((place) => generations.of(place))
      generations.bump('/a')
      const changed = places.filter((place, i) => generations.of(place) !== before[i])
      expect(changed.length).toBeLessThan(5)
    })
  })
}
