/** One element of DER (X.690 §8.1). */
export interface Element {
  readonly tag: number
  /** With tag and length. */
  readonly whole: Buffer
  readonly content: Buffer
}

const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18

/** Longer lengths are of nothing that is read here. */
const MAX_LENGTH_BYTES = 4

/** The elements that follow one another. @throws RangeError for what is none. */
export function elementsOf(bytes: Buffer): Element[] {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const element = elementAt(bytes, at)
    elements.push(element)
    at += element.whole.length
  }
  return elements
}

function elementAt(bytes: Buffer, start: number): Element {
  const tag = byteAt(bytes, start)
  const first = byteAt(bytes, start + 1)
  const count = first < 0x80 ? 0 : first & 0x7f
  if (first === 0x80 || count > MAX_LENGTH_BYTES) throw new RangeError('a length that DER does not have')
  let length = first
  if (count > 0) {
    length = 0
    for (let i = 0; i < count; i++) length = length * 256 + byteAt(bytes, start + 2 + i)
  }
  const from = start + 2 + count
  if (from + length > bytes.length) throw new RangeError('an element is cut off')
  return { tag, whole: bytes.subarray(start, from + length), content: bytes.subarray(from, from + length) }
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at]
  if (byte === undefined) throw new RangeError('an element is cut off')
  return byte
}

export function isTime({ tag }: Element): boolean {
  return tag === UTC_TIME || tag === GENERALIZED_TIME
}

/** Milliseconds since 1970. RFC 5280 §4.1.2.5: years from 50 on are of the last century. @throws RangeError for what is no time. */
export function timeOf({ tag, content }: Element): number {
  const digits = content.toString('latin1')
  const full = tag === GENERALIZED_TIME ? digits : (Number(digits.slice(0, 2)) >= 50 ? '19' : '20') + digits
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full)
  if (parts === null) throw new RangeError('a time that is none')
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
