import { verify, type X509Certificate } from 'node:crypto'
import { type Element, elementsOf, isTime, timeOf } from '@portcullis/kernel/der'

/** What an authority has revoked (RFC 5280 §5), as it stands: whether it may be believed, its signature says. */
export interface RevocationList {
  /** Serial numbers, hexadecimal, as `node:crypto` writes them. */
  readonly serials: ReadonlySet<string>
  /** Milliseconds since the epoch; `undefined` for a list that says no end. */
  readonly nextUpdate: number | undefined
  isSignedBy(authority: X509Certificate): boolean
}

const INTEGER = 0x02
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
  const times = parts.filter(isTime)
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
  const last = parts.findLastIndex(isTime)
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

function demand(element: Element | undefined): Element {
  if (element === undefined) throw new RangeError('something is lacking')
  return element
}
