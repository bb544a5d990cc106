import type { Fields } from '../message.ts'
import { isField, isOfConnection } from './field.ts'
import { type Malformed, malformed } from './malformed.ts'

/** The methods that are carried; any other is answered with 501. TRACE is not among them, and CONNECT only extended. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** What RFC 3986 lets a target hold, and no fragment. */
const TARGET = /^\/[!$-;=?-Z[\]_a-z~]*$/

/** What is no encoding (RFC 3986 §2.1), and the encoding of NUL, which ends a text for some and not for others. */
const BAD_ENCODING = /%(?![0-9A-Fa-f]{2})|%00/

const DIGITS = /^[0-9]{1,15}$/
const PSEUDO = new Set([':method', ':scheme', ':authority', ':path', ':protocol'])

export interface RequestHead {
  readonly method: string
  readonly target: string
  readonly host: string
  /** Without pseudo-fields and `te`, the authority in front as `host`, pieces of a cookie in one. */
  readonly fields: Fields
  readonly contentLength: number | undefined
  readonly expectsContinue: boolean
  readonly acceptsTrailers: boolean
  /** What the stream is to become (RFC 8441 §4); the request is then told of as the GET that HTTP/1.1 has for it. */
  readonly upgrade: 'websocket' | undefined
}

export interface HeadLimits {
  /** Names, values and 32 bytes for each field (RFC 9113 §6.5.2). */
  readonly maxHeadBytes: number
  readonly maxFields: number
  readonly maxTargetBytes: number
}

/** What fields say beside what is passed on. */
interface Found {
  readonly pseudo: Map<string, string>
  readonly fields: Fields
  readonly cookies: string[]
  host: string | undefined
  contentLength: string | undefined
  expect: string | undefined
  acceptsTrailers: boolean
}

/**
 * Reads the fields of a request as they came, in the order of the wire. What is accepted can be written as HTTP/1.1 in
 * one way only: no field ends a line, frames a body or names another host.
 */
export function readRequestHead(
  raw: readonly string[],
  endsStream: boolean,
  limits: HeadLimits,
): RequestHead | Malformed {
  const found = readFields(raw, limits)
  if ('reason' in found) return found
  const upgrade = upgradeOf(found, endsStream)
  if (typeof upgrade === 'object') return upgrade
  const method = upgrade === undefined ? found.pseudo.get(':method') : 'GET'
  const target = found.pseudo.get(':path')
  const scheme = found.pseudo.get(':scheme')
  if (method === undefined) return malformed(400, 'bad-pseudo-field')
  if (!METHODS.has(method)) return malformed(501, 'unknown-method')
  if (target === undefined || scheme === undefined) return malformed(400, 'bad-pseudo-field')
  if (scheme !== 'https' && scheme !== 'http') return malformed(400, 'bad-pseudo-field')
  if (target.length > limits.maxTargetBytes) return malformed(414, 'target-too-long')
  if (!isTarget(target, method)) return malformed(400, 'bad-target')
  const host = hostOf(found)
  if (host === undefined) return malformed(400, 'bad-host')
  const contentLength = lengthOf(found, endsStream)
  if (typeof contentLength === 'object') return contentLength
  if (found.expect !== undefined && found.expect.toLowerCase() !== '100-continue') {
    return malformed(417, 'unknown-expectation')
  }
  const { cookies, fields } = found
  // RFC 9113 §8.2.3: whoever passes it on to HTTP/1.1 joins what was split to be compressed.
  if (cookies.length > 0) fields.push('cookie', cookies.join('; '))
  fields.unshift('host', host)
  const { acceptsTrailers } = found
  const expectsContinue = found.expect !== undefined
  return { method, target, host, fields, contentLength, expectsContinue, acceptsTrailers, upgrade }
}

/**
 * An extended CONNECT (RFC 8441 §4) that asks for WebSocket, as strictly as the handshake that it stands for: key and proof
 * it has none (§5.1), and of the versions there is one.
 */
function upgradeOf(
  { pseudo, fields, contentLength, expect }: Found,
  endsStream: boolean,
): 'websocket' | undefined | Malformed {
  const protocol = pseudo.get(':protocol')
  if (protocol === undefined) return undefined
  if (pseudo.get(':method') !== 'CONNECT') return malformed(400, 'bad-pseudo-field')
  if (protocol !== 'websocket') return malformed(501, 'unknown-upgrade')
  const versions = fields.filter((_, i) => i % 2 === 1 && fields[i - 1] === 'sec-websocket-version')
  if (versions.length === 1 && versions[0] !== '13') return malformed(426, 'unknown-websocket-version')
  const isWhole = versions.length === 1 && !endsStream && contentLength === undefined && expect === undefined
  return isWhole ? 'websocket' : malformed(400, 'bad-websocket')
}

function readFields(raw: readonly string[], limits: HeadLimits): Found | Malformed {
  const found: Found = {
    pseudo: new Map(),
    fields: [],
    cookies: [],
    host: undefined,
    contentLength: undefined,
    expect: undefined,
    acceptsTrailers: false,
  }
  let bytes = 0
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    const value = raw[i + 1] as string
    bytes += name.length + value.length + 32
    const bad = name.startsWith(':') ? addPseudo(found, name, value) : addField(found, name, value)
    if (bad !== undefined) return bad
  }
  if (bytes > limits.maxHeadBytes) return malformed(431, 'head-too-large')
  return raw.length / 2 > limits.maxFields + found.pseudo.size ? malformed(431, 'too-many-fields') : found
}

function addPseudo({ pseudo, fields, cookies }: Found, name: string, value: string): Malformed | undefined {
  const isLate = fields.length > 0 || cookies.length > 0
  if (isLate || !PSEUDO.has(name) || pseudo.has(name)) return malformed(400, 'bad-pseudo-field')
  pseudo.set(name, value)
  return undefined
}

function addField(found: Found, name: string, value: string): Malformed | undefined {
  if (!isField(name, value)) return malformed(400, 'bad-field')
  if (isOfConnection(name)) return malformed(400, 'connection-field')
  switch (name) {
    case 'te':
      if (value !== 'trailers') return malformed(400, 'connection-field')
      found.acceptsTrailers = true
      return undefined
    case 'host':
      if (found.host !== undefined) return malformed(400, 'bad-host')
      found.host = value
      return undefined
    case 'content-length':
      if (found.contentLength !== undefined) return malformed(400, 'ambiguous-length')
      found.contentLength = value
      break
    case 'cookie':
      found.cookies.push(value)
      return undefined
    case 'expect':
      if (found.expect !== undefined) return malformed(417, 'unknown-expectation')
      found.expect = value
  }
  found.fields.push(name, value)
  return undefined
}

function isTarget(target: string, method: string): boolean {
  if (target === '*') return method === 'OPTIONS'
  return TARGET.test(target) && !(target.includes('%') && BAD_ENCODING.test(target))
}

/** RFC 9113 §8.3.1: Host may stand in for the authority or repeat it, and never differ from it. */
function hostOf({ pseudo, host }: Found): string | undefined {
  const authority = pseudo.get(':authority') ?? host
  if (authority === undefined || !isHost(authority)) return undefined
  return host === undefined || host.toLowerCase() === authority.toLowerCase() ? authority : undefined
}

/** `uri-host [ ":" port ]` (RFC 9110 §7.2), less characters that no host has, and without a user. */
export function isHost(host: string): boolean {
  return host.length <= 261 && /^(?:[0-9A-Za-z._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/.test(host)
}

function lengthOf({ contentLength }: Found, endsStream: boolean): number | undefined | Malformed {
  if (contentLength === undefined) return undefined
  if (!DIGITS.test(contentLength)) return malformed(400, 'bad-content-length')
  const length = Number(contentLength)
  return endsStream && length !== 0 ? malformed(400, 'ambiguous-length') : length
}
