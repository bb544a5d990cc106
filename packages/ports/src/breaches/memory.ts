import type { Breaches } from './port.ts'

/** Knows these passwords alone. */
export function openMemoryBreaches(...known: readonly string[]): Breaches {
  const all = new Set(known)
  return { know: async (password) => all.has(password.reveal()) }
}
