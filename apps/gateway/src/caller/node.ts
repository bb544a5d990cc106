import { parseAddress } from '@portcullis/policies/address/ip-address'

/**
 * The address of a node (RFC 7239 §6), also as X-Forwarded-For has it: IPv4 or IPv6, with a port or without; IPv6 in
 * brackets where a port follows. In its one spelling (RFC 5952), IPv4-mapped IPv6 as IPv4. `undefined` for `unknown`,
 * for names and for all that is malformed.
 */
export function readNode(text: string): string | undefined {
  const bare = withoutPort(text)
  const address = bare === undefined ? undefined : parseAddress(bare)
  if (address === undefined) return undefined
  const [word] = address
  if (address.length === 1) return [24, 16, 8, 0].map((bits) => (word >>> bits) & 255).join('.')
  return URL.parse(`http://[${bare}]`)?.hostname.slice(1, -1)
}

function withoutPort(text: string): string | undefined {
  if (text.startsWith('[')) {
    const end = text.indexOf(']')
    const address = text.slice(1, end)
    return end > 0 && address.includes(':') && isPortOrNothing(text.slice(end + 1)) ? address : undefined
  }
  const colon = text.indexOf(':')
  // More than one: IPv6, which has no port without brackets.
  if (colon < 0 || text.includes(':', colon + 1)) return text
  return isPortOrNothing(text.slice(colon)) ? text.slice(0, colon) : undefined
}

function isPortOrNothing(text: string): boolean {
  return text === '' || (/^:[0-9]{1,5}$/.test(text) && Number(text.slice(1)) <= 65_535)
}
