import { describe, expect, it } from 'vitest'
import type { Clock } from './port.ts'

export interface ClockUnderTest {
  readonly clock: Clock
  /** Lets so much time pass, for real or by hand. */
  pass(millis: number): void | Promise<void>
}

/** What every clock guarantees. */
export function clockContract(name: string, open: () => ClockUnderTest): void {
  describe(`clock contract: ${name}`, () => {
    it('tells milliseconds since the epoch, whole', () => {
      const { clock } = open()
      expect(clock.now()).toBeGreaterThan(Date.UTC(2020, 0, 1))
      expect(clock.now()).toBeLessThan(Date.UTC(2200, 0, 1))
      expect(Number.isSafeInteger(clock.now())).toBe(true)
    })

    it('never runs backwards', async () => {
      const { clock, pass } = open()
      let last = clock.now()
      for (let i = 0; i < 1000; i++) {
        if (i % 100 === 0) await pass(1)
        const present = clock.now()
        expect(present).toBeGreaterThanOrEqual(last)
        last = present
      }
    })

    it('goes on while time passes', async () => {
      const { clock, pass } = open()
      const before = clock.now()
      await pass(20)
      // Timers may fire a little early.
      expect(clock.now() - before).toBeGreaterThanOrEqual(18)
    })
  })
}
