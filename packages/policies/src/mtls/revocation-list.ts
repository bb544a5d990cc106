import { verify, type X509Certificate } from 'node:crypto'
import { type Element, elementsOf } from './der.ts'

/** What an authority has revoked (RFC 5280 §5), as it stands: whether it may be believed, its signature says. */
export interface RevocationList {
  /** Serial numbers, hexadecimal, as `node:crypto` writes them. */
  readonly serials: ReadonlySet<string>
  /** Milliseconds since the epoch; `undefined` for a list that says no end. */
  readonly nextUpdate: number | undefined
  isSignedBy(authority: X509Certificate): boolean
}

const INTEGER = 0x02
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30

/** Object identifiers of signature algorithms, DER content in hexadecimal, and their hash functions. */
const hashes: ReadonlyMap<string, string | undefined> = new Map([
  ['2a8648ce3d040302', 'sha256'],
  ['2a8648ce3d040303', 'sha384'],
  ['2a8648ce3d040304', 'sha512'],
  ['2a864886f70d01010b', 'sha256'],
  ['2a864886f70d01010c', 'sha384'],
  ['2a864886f70d01010d', 'sha512'],
  ['2b6570', undefined],
])

/** @throws RangeError for what is no list. */
export function readRevocationList(pem: string): RevocationList {
  const body = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]*)-----END X509 CRL-----/.exec(pem)?.[1]
  if (body === undefined) throw new RangeError('there is no revocation list')
  const [list] = elementsOf(Buffer.from(body, 'base64'))
  const [content, algorithm, signature] = elementsOf(demand(list).content)
  const oid = demand(elementsOf(demand(algorithm).content)[0]).content.toString('hex')
  if (!hashes.has(oid)) throw new RangeError('a list that is signed with an algorithm that is not taken')
  const parts = elementsOf(demand(content).content)
  const times = parts.filter(({ tag }) => tag === UTC_TIME || tag === GENERALIZED_TIME)
  const end = times[1]
  return {
    serials: new Set(serialsOf(parts)),
    nextUpdate: end && timeOf(end),
    isSignedBy: ({ publicKey }) =>
      verify(hashes.get(oid), demand(content).whole, publicKey, demand(signature).content.subarray(1)),
  }
}

/** The list of revoked ones is the sequence after the times: before them are the algorithm and the issuer. */
function serialsOf(parts: readonly Element[]): string[] {
  const last = parts.findLastIndex(({ tag }) => tag === UTC_TIME || tag === GENERALIZED_TIME)
  const revoked = parts[last + 1]
  if (last === -1) throw new RangeError('a list without its time')
  if (revoked?.tag !== SEQUENCE) return []
  return elementsOf(revoked.content).map((entry) => {
    const serial = demand(elementsOf(entry.content)[0])
    if (serial.tag !== INTEGER) throw new RangeError('a revoked certificate without its number')
    return normalSerial(serial.content.toString('hex'))
  })
}

/** Without leading zeros, of which DER and `node:crypto` have different ideas. */
export function normalSerial(hex: string): string {
  return hex.toLowerCase().replace(/^0+(?=.)/, '')
}

/** RFC 5280 §4.1.2.5: years from 50 on are of the last century. */
function timeOf({ tag, content }: Element): number {
  const digits = content.toString('latin1')
  const full = tag === GENERALIZED_TIME ? digits : (Number(digits.slice(0, 2)) >= 50 ? '19' : '20') + digits
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full)
  if (parts === null) throw new RangeError('a time that is none')
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

function demand(element: Element | undefined): Element {
  if (element === undefined) throw new RangeError('something is lacking')
  return element
}
