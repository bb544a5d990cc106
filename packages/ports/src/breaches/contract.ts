import { Secret } from '@portcullis/kernel/secret'
import { describe, expect, it } from 'vitest'
import type { Breaches } from './port.ts'

/** What everybody guarantees who knows lost passwords: here `correcthorsebattery` is none, and `password123456789` one. */
export function breachesContract(name: string, open: () => Breaches | Promise<Breaches>): void {
  describe(`breaches contract: ${name}`, () => {
    it('knows a password that others lost, and none that nobody had', async () => {
      const breaches = await open()
      expect(await breaches.know(new Secret('password123456789'))).toBe(true)
      expect(await breaches.know(new Secret('correcthorsebattery'))).toBe(false)
    })

    it.each(['', 'x'.repeat(5000), 'toString', '__proto__', '\ud800'])(
      'answers for any text: %j',
      async (text) => {
        expect(await (await open()).know(new Secret(text))).toBe(false)
      },
    )
  })
}
