/** An address of IPv4 or IPv6, or the range that its prefix spans. */
export interface IpRange {
  readonly kind: 'ipaddr'
  readonly version: 4 | 6
  /** As it was written, host bits included. */
  readonly address: bigint
  readonly prefix: number
  readonly first: bigint
  readonly last: bigint
}

/** The longest that Cedar takes: eight groups and a prefix. */
const LENGTH_MAX = 43

/** Undefined where the text is neither an address nor a range. IPv4 inside IPv6 is refused, as Cedar does. */
export function parseIp(text: string): IpRange | undefined {
  if (text.length > LENGTH_MAX) return undefined
  const slash = text.indexOf('/')
  const host = slash === -1 ? text : text.slice(0, slash)
  const version = host.includes(':') ? 6 : 4
  const address = version === 4 ? parseVersion4(host) : parseVersion6(host)
  if (address === undefined) return undefined
  const bits = version === 4 ? 32 : 128
  const prefix = slash === -1 ? bits : parsePrefix(text.slice(slash + 1), bits)
  return prefix === undefined ? undefined : ipRange(version, address, prefix)
}

function ipRange(version: 4 | 6, address: bigint, prefix: number): IpRange {
  const hostBits = BigInt((version === 4 ? 32 : 128) - prefix)
  const first = (address >> hostBits) << hostBits
  return { kind: 'ipaddr', version, address, prefix, first, last: first + (1n << hostBits) - 1n }
}

function parsePrefix(text: string, bits: number): number | undefined {
  if (!/^(0|[1-9][0-9]{0,2})$/.test(text)) return undefined
  const prefix = Number(text)
  return prefix <= bits ? prefix : undefined
}

function parseVersion4(text: string): bigint | undefined {
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text)
  if (match === null) return undefined
  let address = 0n
  for (const part of match.slice(1)) {
    if (Number(part) > 255) return undefined
    address = (address << 8n) | BigInt(part)
  }
  return address
}

function parseVersion6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = groupsOf(halves[0] ?? '')
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '') : []
  if (head === undefined || tail === undefined) return undefined
  const left = 8 - head.length - tail.length
  // `::` stands for at least one group.
  if (halves.length === 2 ? left < 1 : left !== 0) return undefined
  return [...head, ...Array<bigint>(left).fill(0n), ...tail].reduce((all, group) => (all << 16n) | group, 0n)
}

function groupsOf(text: string): bigint[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined
  return groups.map((group) => BigInt(`0x${group}`))
}

export function equalIpRanges(a: IpRange, b: IpRange): boolean {
  return a.version === b.version && a.address === b.address && a.prefix === b.prefix
}

/** Whether every address of the range lies in the other; never between IPv4 and IPv6. */
export function isInRange(range: IpRange, other: IpRange): boolean {
  return range.version === other.version && range.first >= other.first && range.last <= other.last
}

const LOOPBACK_4 = ipRange(4, 127n << 24n, 8)
const LOOPBACK_6 = ipRange(6, 1n, 128)
const MULTICAST_4 = ipRange(4, 224n << 24n, 4)
const MULTICAST_6 = ipRange(6, 0xffn << 120n, 8)

export function isLoopback(range: IpRange): boolean {
  return isInRange(range, range.version === 4 ? LOOPBACK_4 : LOOPBACK_6)
}

export function isMulticast(range: IpRange): boolean {
  return isInRange(range, range.version === 4 ? MULTICAST_4 : MULTICAST_6)
}
