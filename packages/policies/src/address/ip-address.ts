/**
 * An IP address as 32-bit words: one for IPv4, four for IPv6. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is
 * the IPv4 address that it carries, so that no rule can be walked around by writing an address differently.
 */
export type IpAddress = readonly [number] | readonly [number, number, number, number]

/**
 * Reads an address strictly: four decimal numbers without leading zeros (which some readers take for octal), or the
 * forms of RFC 4291 §2.2. No zone, no brackets, no port, no spaces. `undefined` where it is anything else.
 */
export function parseAddress(text: string): IpAddress | undefined {
  if (text.length > MAX_CHARACTERS) return undefined
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

/** The address of a peer: a zone (`fe80::1%eth0`) only says through which of our own interfaces it came. */
export function parsePeerAddress(text: string): IpAddress | undefined {
  const zone = text.indexOf('%')
  return parseAddress(zone > 0 && text.includes(':') ? text.slice(0, zone) : text)
}

/** Eight groups of four, with the last two written as IPv4. */
const MAX_CHARACTERS = 45

function parseIpv4(text: string): readonly [number] | undefined {
  let word = 0
  let byte = -1
  let dots = 0
  for (let i = 0; i < text.length; i++) {
    const character = text.charCodeAt(i)
    if (character === DOT) {
      if (byte < 0 || ++dots > 3) return undefined
      word = word * 256 + byte
      byte = -1
    } else {
      // 0 may stand alone, but not lead.
      if (character < ZERO || character > NINE || byte === 0) return undefined
      byte = (byte < 0 ? 0 : byte * 10) + character - ZERO
      if (byte > 255) return undefined
    }
  }
  return dots === 3 && byte >= 0 ? [word * 256 + byte] : undefined
}

function parseIpv6(text: string): IpAddress | undefined {
  const gap = text.indexOf('::')
  const before = gap < 0 ? groupsOf(text, true) : groupsOf(text.slice(0, gap), false)
  const after = gap < 0 ? [] : groupsOf(text.slice(gap + 2), true)
  if (before === undefined || after === undefined) return undefined
  const missing = 8 - before.length - after.length
  // `::` stands for at least one group; without it there are exactly eight (RFC 4291 §2.2).
  if (gap < 0 ? missing !== 0 : missing < 1) return undefined
  const groups = [...before, ...new Array<number>(missing).fill(0), ...after]
  return unmapped([word(groups, 0), word(groups, 2), word(groups, 4), word(groups, 6)])
}

function word(groups: readonly number[], at: number): number {
  return (groups[at] as number) * 0x10000 + (groups[at + 1] as number)
}

function unmapped(words: readonly [number, number, number, number]): IpAddress {
  const [a, b, c, d] = words
  return a === 0 && b === 0 && c === 0xffff ? [d] : words
}

/** Groups between single colons. At the end of the whole address the last may be an IPv4 address, which makes two. */
function groupsOf(text: string, isEnd: boolean): number[] | undefined {
  const groups: number[] = []
  if (text === '') return groups
  let group = 0
  let start = 0
  for (let i = 0; i <= text.length; i++) {
    const character = i === text.length ? COLON : text.charCodeAt(i)
    if (character === COLON) {
      if (i === start || i - start > 4) return undefined
      groups.push(group)
      group = 0
      start = i + 1
    } else if (character === DOT && isEnd) {
      const tail = parseIpv4(text.slice(start))
      return tail && [...groups, Math.floor(tail[0] / 0x10000), tail[0] % 0x10000]
    } else {
      const digit = hexDigit(character)
      if (digit < 0) return undefined
      group = group * 16 + digit
    }
  }
  return groups
}

function hexDigit(character: number): number {
  if (character >= ZERO && character <= NINE) return character - ZERO
  const lower = character | 0x20
  return lower >= LOWER_A && lower <= LOWER_F ? lower - LOWER_A + 10 : -1
}

const DOT = 0x2e
const ZERO = 0x30
const NINE = 0x39
const COLON = 0x3a
const LOWER_A = 0x61
const LOWER_F = 0x66
