import { createHmac, hash } from 'node:crypto'
import { splitTarget } from '../../body-bytes.ts'

/** What is signed of a request; fields by their names in lower case. */
export interface SignedRequest {
  readonly method: string
  readonly target: string
  readonly fields: Readonly<Record<string, readonly string[]>>
  /** SHA-256 of the body in hexadecimal digits, or `UNSIGNED-PAYLOAD`. */
  readonly payloadHash: string
}

export interface SigningScope {
  readonly region: string
  readonly service: string
  /** `YYYYMMDDTHHMMSSZ`. */
  readonly date: string
}

export const ALGORITHM = 'AWS4-HMAC-SHA256'

/** The canonical request of Signature Version 4. */
export function canonicalRequest(
  { method, target, fields, payloadHash }: SignedRequest,
  service: string,
): string {
  const { path, query } = splitTarget(target)
  const names = Object.keys(fields).toSorted()
  return [
    method,
    canonicalPath(path, service),
    canonicalQuery(query ?? ''),
    ...names.map((name) => `${name}:${(fields[name] ?? []).map(canonicalValue).join(',')}`),
    '',
    names.join(';'),
    payloadHash,
  ].join('\n')
}

export function stringToSign(canonical: string, scope: SigningScope): string {
  return [ALGORITHM, scope.date, scopeOf(scope), hash('sha256', canonical)].join('\n')
}

export function scopeOf({ date, region, service }: SigningScope): string {
  return `${date.slice(0, 8)}/${region}/${service}/aws4_request`
}

/** Of a secret, for one day, region and service. */
export function signingKeyFor(secretAccessKey: string, { date, region, service }: SigningScope): Buffer {
  const day = hmac(`AWS4${secretAccessKey}`, date.slice(0, 8))
  return hmac(hmac(hmac(day, region), service), 'aws4_request')
}

export function sign(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex')
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** S3 takes a path as it is; all others take each of its segments as encoded once more, and dots as done away with. */
function canonicalPath(path: string, service: string): string {
  if (service === 's3') return path.split('/').map(encodedOnce).join('/')
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(encode(segment))
  }
  const last = segments.at(-1)
  const isFolder = kept.length > 0 && (last === '' || last === '.' || last === '..')
  return `/${kept.join('/')}${isFolder ? '/' : ''}`
}

/** Sorted by name, then by value, as they are encoded. */
function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((each) => each !== '')
    .map((each) => {
      const at = each.indexOf('=')
      const [name, value] = at === -1 ? [each, ''] : [each.slice(0, at), each.slice(at + 1)]
      return [encodedOnce(name), encodedOnce(value)] as const
    })
    .toSorted(([nameA, valueA], [nameB, valueB]) => order(nameA, nameB) || order(valueA, valueB))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function canonicalValue(value: string): string {
  return value.trim().replaceAll(/ {2,}/g, ' ')
}

/** Encoded anew from what it stands for, so that it does not matter how the caller wrote it. */
function encodedOnce(text: string): string {
  try {
    return encode(decodeURIComponent(text))
  } catch {
    // No UTF-8 in percent-encoding: whoever verifies it can only take it as it stands.
    return encode(text)
  }
}

/** All but the unreserved characters (RFC 3986 §2.3). */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
