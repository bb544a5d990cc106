import { isIPv4, isIPv6, SocketAddress } from 'node:net'

/**
 * What stands before everything else of a connection, by the PROXY protocol (HAProxy, versions 1 and 2): who opened it,
 * said by the proxy that carries it on.
 */
export type ProxyHeader =
  /** More must come before anything can be said. */
  | 'incomplete'
  /** Whatever this is, it is no such header that we take. */
  | 'malformed'
  | {
      /** How many bytes it takes. */
      readonly bytes: number
      /** IPv4-mapped IPv6 written as IPv4; absent when the proxy speaks for itself (LOCAL, UNKNOWN, UNSPEC). */
      readonly source: string | undefined
    }

const V1_START = Buffer.from('PROXY ')
const V2_START = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
/** §2.1: a line of version 1 is never longer, CR and LF included. */
const MAX_V1_BYTES = 107
const V2_FIXED_BYTES = 16
/** Of what follows the fixed part in version 2: addresses and what else (TLV) a proxy may have to say, which is not read. */
const MAX_V2_BYTES = 4_096

/** Reads the header that begins with the first byte. Never throws. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (startsLike(bytes, V2_START)) return bytes.length < V2_FIXED_BYTES ? 'incomplete' : readVersion2(bytes)
  if (startsLike(bytes, V1_START)) return readVersion1(bytes)
  return 'malformed'
}

/** As far as it has come. */
function startsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length)
  return bytes.compare(start, 0, length, 0, length) === 0
}

function readVersion1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, MAX_V1_BYTES).indexOf('\r\n')
  if (end < 0) return bytes.length < MAX_V1_BYTES ? 'incomplete' : 'malformed'
  const words = bytes.toString('latin1', V1_START.length, end).split(' ')
  const [family, source = '', destination = '', ...ports] = words
  // What follows UNKNOWN must be ignored.
  if (family === 'UNKNOWN') return { bytes: end + 2, source: undefined }
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6WithoutZone : isNothing
  const isWhole = isAddress(source) && isAddress(destination) && ports.length === 2 && ports.every(isPort)
  return isWhole ? { bytes: end + 2, source: inOneSpelling(source) } : 'malformed'
}

const isNothing = (): boolean => false
const isIPv6WithoutZone = (text: string): boolean => isIPv6(text) && !text.includes('%')

/** §2.1: decimal, without leading zeros. */
function isPort(text: string): boolean {
  return /^(?:0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= 65_535
}

const LOCAL = 0x20
const PROXY = 0x21
const UNSPECIFIED = 0x00
const TCP_OVER_IPV4 = 0x11
const TCP_OVER_IPV6 = 0x21

function readVersion2(bytes: Buffer): ProxyHeader {
  const command = bytes[12]
  const family = bytes[13]
  const length = bytes.readUInt16BE(14)
  if ((command !== LOCAL && command !== PROXY) || length > MAX_V2_BYTES) return 'malformed'
  const whole = V2_FIXED_BYTES + length
  if (bytes.length < whole) return 'incomplete'
  const block = bytes.subarray(V2_FIXED_BYTES, whole)
  if (command === LOCAL || family === UNSPECIFIED) return { bytes: whole, source: undefined }
  if (family === TCP_OVER_IPV4 && length >= 12)
    return { bytes: whole, source: block.subarray(0, 4).join('.') }
  if (family === TCP_OVER_IPV6 && length >= 36) {
    const groups = Array.from({ length: 8 }, (_, i) => block.readUInt16BE(i * 2).toString(16))
    return { bytes: whole, source: inOneSpelling(groups.join(':')) }
  }
  return 'malformed'
}

const IPV4_IN_IPV6 = '::ffff:'

function inOneSpelling(text: string): string {
  if (isIPv4(text)) return text
  const { address } = new SocketAddress({ address: text, family: 'ipv6' })
  return address.startsWith(IPV4_IN_IPV6) && address.includes('.')
    ? address.slice(IPV4_IN_IPV6.length)
    : address
}
