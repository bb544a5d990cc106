import type { Countries } from './port.ts'

/** Countries by address, each written as it is asked for. */
export function openMemoryCountries(known: Readonly<Record<string, string>>): Countries {
  return { of: (address) => (Object.hasOwn(known, address) ? known[address] : undefined) }
}
