import type { CountryConfig } from './contract.ts'

export type Judge = (country: string | undefined) => 'admitted' | 'denied' | 'unknown'

export function judgeOf(config: CountryConfig): Judge {
  const allow = new Set(config.allow)
  const deny = new Set(config.deny)
  const admitsUnknown = (config.unknown ?? (allow.size > 0 ? 'refuse' : 'allow')) === 'allow'
  return (country) => {
    if (country === undefined) return admitsUnknown ? 'admitted' : 'unknown'
    if (deny.has(country)) return 'denied'
    return allow.size === 0 || allow.has(country) ? 'admitted' : 'denied'
  }
}
