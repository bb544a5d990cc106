import { parsePeerAddress } from './ip-address.ts'

/**
 * The name of whoever has this address, for counters. Who has one IPv6 address has the other 2^64 of the network too
 * (RFC 6177 §2, RFC 7421): they count as one. Addresses that cannot be read share one name.
 */
export function networkOf(peer: string): string {
  const address = parsePeerAddress(peer)
  if (address === undefined) return 'unreadable'
  const network = address.slice(0, 2).map((word) => word.toString(16))
  return address.length === 1 ? network.join('') : `${network.join(':')}/64`
}
