import { parsePeerAddress } from '../address/ip-address.ts'
import type { RangeTable } from './range-table.ts'

/** What the lists say of an address, and the rule that says so. */
export type Admission =
  | { readonly kind: 'admitted'; readonly rule?: string }
  | { readonly kind: 'denied'; readonly rule: string }
  | { readonly kind: 'not-allowed' }
  | { readonly kind: 'unreadable' }

const ADMITTED: Admission = { kind: 'admitted' }
const NOT_ALLOWED: Admission = { kind: 'not-allowed' }
const UNREADABLE: Admission = { kind: 'unreadable' }

/** `deny` wins over `allow`; an empty `allow` lets everybody in; an address that cannot be read is let in by neither. */
export function admit(peer: string, allow: RangeTable, deny: RangeTable): Admission {
  const address = parsePeerAddress(peer)
  if (address === undefined) return UNREADABLE
  const denied = deny.find(address)
  if (denied !== undefined) return { kind: 'denied', rule: denied }
  if (allow.isEmpty) return ADMITTED
  const allowed = allow.find(address)
  return allowed === undefined ? NOT_ALLOWED : { kind: 'admitted', rule: allowed }
}
