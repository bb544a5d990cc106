import { type IpAddress, parseAddress } from '../address/ip-address.ts'

/** A network: its first address and how many leading bits belong to it. */
export interface IpRange {
  readonly first: IpAddress
  readonly prefixLength: number
}

export type RangeReading =
  | { readonly range: IpRange }
  /** Why it is none, and what to write. */
  | { readonly problem: string }

/**
 * Reads an address or a range in CIDR notation (RFC 4632 §3.1, RFC 4291 §2.3). Bits behind the prefix must be zero:
 * whoever writes `10.1.2.3/8` may have meant the address or the network.
 */
export function readRange(text: string): RangeReading {
  const slash = text.indexOf('/')
  const address = slash < 0 ? text : text.slice(0, slash)
  const first = parseAddress(address)
  if (first === undefined) {
    return { problem: 'neither an address nor a range such as 192.0.2.0/24 or 2001:db8::/32' }
  }
  const bits = first.length * 32
  if (slash < 0) return { range: { first, prefixLength: bits } }
  const prefixLength = prefixLengthOf(text.slice(slash + 1), address, bits)
  if (prefixLength === undefined) return { problem: 'the prefix length is not one of this kind of address' }
  if (!endsInZeros(first, prefixLength)) {
    return {
      problem: `bits are set behind the prefix; write the network’s first address before /${prefixLength}`,
    }
  }
  return { range: { first, prefixLength } }
}

function prefixLengthOf(digits: string, address: string, bits: number): number | undefined {
  if (!/^(0|[1-9][0-9]{0,2})$/.test(digits)) return undefined
  // `::ffff:192.0.2.0/120` is 192.0.2.0/24: the mapping itself takes 96 bits.
  const mapped = bits === 32 && address.includes(':')
  const length = mapped ? Number(digits) - 96 : Number(digits)
  return length >= 0 && length <= bits ? length : undefined
}

function endsInZeros(first: IpAddress, prefixLength: number): boolean {
  return first.every((word, index) => word % 2 ** hostBits(prefixLength, index) === 0)
}

/** How many bits of a word lie behind the prefix. */
export function hostBits(prefixLength: number, index: number): number {
  return Math.min(32, Math.max(0, (index + 1) * 32 - prefixLength))
}
