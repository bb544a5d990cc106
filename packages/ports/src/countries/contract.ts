import { describe, expect, it } from 'vitest'
import type { Countries } from './port.ts'

/** Addresses that belong to a country for as long as there are registries: those of root servers and the like. */
export const settled: Readonly<Record<string, string>> = {
  '193.0.6.139': 'NL',
  '2001:67c:2e8:22::c100:68b': 'NL',
}

/** What everybody guarantees who tells countries; each knows at least those of `settled`. */
export function countriesContract(name: string, open: () => Countries): void {
  describe(`countries contract: ${name}`, () => {
    it.each(Object.entries(settled))('knows where %s is', (address, country) => {
      expect(open().of(address)).toBe(country)
    })

    it.each([
      '127.0.0.1',
      '10.1.2.3',
      '::1',
      'fe80::1',
      '2001:db8::1',
      '',
      'localhost',
      '193.0.6',
      '::g',
      '__proto__',
    ])('says nothing of %j', (address) => {
      expect(open().of(address)).toBeUndefined()
    })
  })
}
