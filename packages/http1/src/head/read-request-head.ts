import { CHUNKED, type Framing, framingOf, gatherFramingFields, NONE } from '../body/framing.ts'
import { checkBytes, type Fields, readFieldLines } from './field-line.ts'
import type { LastHead } from './last-head.ts'
import { listHas } from './list.ts'
import { type Malformed, malformed } from './malformed.ts'
import { hashed, nameAt } from './name-table.ts'

/** The methods that are carried; any other is answered with 501. CONNECT and TRACE are not among them. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Visible ASCII but `"`, `<`, `>`, `\`, `^`, backtick, `{`, `|`, `}` and `#`: what RFC 3986 lets a target hold, and no fragment. */
const TARGET = /^[!$-;=?-Z[\]_a-z~]+$/

/** What is no encoding (RFC 3986 §2.1), and the encoding of NUL, which ends a text for some and not for others. */
const BAD_ENCODING = /%(?![0-9A-Fa-f]{2})|%00/

export interface RequestHead {
  readonly method: string
  /** Origin form, or `*` of OPTIONS. The authority of an absolute form has become `host`. */
  readonly target: string
  readonly fields: Fields
  /** The authority that is asked for (RFC 9112 §3.2.2). */
  readonly host: string
  readonly minorVersion: 0 | 1
  readonly body: Framing
  /** Whether the connection may be used again (RFC 9112 §9.3). */
  readonly keepAlive: boolean
  /** The sender waits for a word before it sends the body (RFC 9110 §10.1.1). */
  readonly expectsContinue: boolean
  /** An expectation that is none we know. */
  readonly expectsElse: boolean
  /** What the sender would like to switch to; never of HTTP/1.0 (RFC 9110 §7.8). */
  readonly upgrade: string | undefined
  /** Which fields follow the body; nothing where none can. */
  readonly trailer: string | undefined
  /** The sender takes fields behind the body of the response (RFC 9110 §10.1.4). */
  readonly acceptsTrailers: boolean
}

export interface HeadLimits {
  readonly maxTargetBytes: number
  readonly maxFields: number
}

/**
 * Reads the head of a request with which these bytes begin: everything up to the empty line, with the CRLF of its last
 * line and not the empty one.
 */
export function readRequestHead(bytes: Buffer, length: number, limits: HeadLimits): RequestHead | Malformed {
  const text = bytes.toString('latin1', 0, length)
  const found = findRequestHead(bytes, text, limits)
  if ('head' in found) return found.length === length ? found.head : malformed(400, 'bad-field')
  return checkBytes(text) ?? found
}

/** A head, and how long it is without the empty line behind it. */
export interface FoundRequestHead {
  readonly head: RequestHead
  readonly length: number
}

/**
 * Looks for a head at the beginning of `text`, with which `bytes` begin too. Where `text` may end before the head does,
 * something may be found wrong with it that is not.
 */
export function findRequestHead(
  bytes: Uint8Array,
  text: string,
  limits: HeadLimits,
  last?: LastHead<RequestHead>,
): FoundRequestHead | Malformed {
  const line = readUsualLine(bytes, text, limits) ?? readRequestLine(text, limits)
  if ('reason' in line) return line
  const known = line.isUsual ? last?.find(text, line.end) : undefined
  if (known !== undefined && last !== undefined) {
    return { head: again(known, line.method, line.target), length: line.end + last.length - 2 }
  }
  const fields: Fields = []
  const length = readFieldLines(bytes, text, line.end, limits.maxFields, fields)
  if (typeof length !== 'number') return length
  const head = assemble(line, fields)
  if ('reason' in head) return head
  // Before anybody is given the list: who has it may change it.
  if (line.isUsual) last?.keep(text, line.end, length + 2, head, withOwnFields)
  return { head, length }
}

function withOwnFields(head: RequestHead): RequestHead {
  return again(head, head.method, head.target)
}

/** The same head but for its first line, with a list of its own. */
function again(head: RequestHead, method: string, target: string): RequestHead {
  return {
    method,
    target,
    fields: head.fields.slice(),
    host: head.host,
    minorVersion: head.minorVersion,
    body: head.body,
    keepAlive: head.keepAlive,
    expectsContinue: head.expectsContinue,
    expectsElse: head.expectsElse,
    upgrade: head.upgrade,
    trailer: head.trailer,
    acceptsTrailers: head.acceptsTrailers,
  }
}

interface RequestLine {
  readonly method: string
  readonly target: string
  /** Of an absolute form. */
  readonly authority: string | undefined
  readonly minorVersion: 0 | 1
  /** Where the next line begins. */
  readonly end: number
  /** Origin form and HTTP/1.1: a head depends on nothing else of this line. */
  readonly isUsual: boolean
}

const BLANK = 32
const SLASH = 47
const VERSION_AND_END = Buffer.from(' HTTP/1.1\r\n')
const inTarget = Uint8Array.from({ length: 256 }, (_, byte) =>
  TARGET.test(String.fromCharCode(byte)) ? 1 : 0,
)

/** Reads what nearly all lines are, each byte once. All else is for `readRequestLine` to judge. */
function readUsualLine(bytes: Uint8Array, text: string, limits: HeadLimits): RequestLine | undefined {
  const last = text.length - VERSION_AND_END.length
  let blank = 0
  let hash = 0
  while (blank < last && bytes[blank] !== BLANK) {
    hash = hashed(hash, bytes[blank] as number)
    blank++
  }
  const start = blank + 1
  let end = start
  while (end < last && inTarget[bytes[end] as number] === 1) end++
  if (end > last || bytes[start] !== SLASH || end - start > limits.maxTargetBytes) return undefined
  for (let i = 0; i < VERSION_AND_END.length; i++) if (bytes[end + i] !== VERSION_AND_END[i]) return undefined
  const method = nameAt(bytes, text, 0, blank, hash)
  const target = text.slice(start, end)
  if (!METHODS.has(method) || isBadlyEncoded(target)) return undefined
  return {
    method,
    target,
    authority: undefined,
    minorVersion: 1,
    end: end + VERSION_AND_END.length,
    isUsual: true,
  }
}

function isBadlyEncoded(target: string): boolean {
  return target.includes('%') && BAD_ENCODING.test(target)
}

function readRequestLine(head: string, limits: HeadLimits): RequestLine | Malformed {
  const end = head.indexOf('\r\n')
  const afterMethod = head.indexOf(' ')
  const beforeVersion = end - ' HTTP/1.1'.length
  if (afterMethod < 1 || afterMethod >= beforeVersion || head.charCodeAt(beforeVersion) !== BLANK) {
    return malformed(400, 'bad-request-line')
  }
  const version = head.slice(beforeVersion + 1, end)
  if (version !== 'HTTP/1.1' && version !== 'HTTP/1.0') {
    return /^HTTP\/[0-9]\.[0-9]$/.test(version)
      ? malformed(505, 'unknown-version')
      : malformed(400, 'bad-request-line')
  }
  const method = head.slice(0, afterMethod)
  if (!METHODS.has(method)) return malformed(501, 'unknown-method')
  if (beforeVersion - afterMethod - 1 > limits.maxTargetBytes) return malformed(414, 'target-too-long')
  const found = readTarget(method, head.slice(afterMethod + 1, beforeVersion))
  if ('reason' in found) return found
  return { ...found, method, minorVersion: version === 'HTTP/1.1' ? 1 : 0, end: end + 2, isUsual: false }
}

/** The four forms of RFC 9112 §3.2, less that of CONNECT. */
function readTarget(method: string, target: string): Pick<RequestLine, 'target' | 'authority'> | Malformed {
  if (target === '*') {
    return method === 'OPTIONS' ? { target, authority: undefined } : malformed(400, 'bad-target')
  }
  if (!TARGET.test(target) || isBadlyEncoded(target)) return malformed(400, 'bad-target')
  if (target.startsWith('/')) return { target, authority: undefined }
  const [, authority, rest = '/'] = /^https?:\/\/([^/?]+)([/?].*)?$/i.exec(target) ?? []
  if (authority === undefined || !isHost(authority)) return malformed(400, 'bad-target')
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority }
}

function assemble(line: RequestLine, fields: Fields): RequestHead | Malformed {
  const found = gatherFramingFields(fields)
  // HTTP/1.0 knows no Host; without one it cannot be routed, so it is refused alike (RFC 9112 §3.2).
  if (found.hosts !== 1 || found.host === undefined || !isHost(found.host)) return malformed(400, 'bad-host')
  const body = framingOf(found) ?? NONE
  if ('reason' in body) return body
  // RFC 9112 §6.1: a server that gets chunks from HTTP/1.0 must treat the framing as faulty.
  if (body === CHUNKED && line.minorVersion === 0) return malformed(400, 'ambiguous-length')
  const expect = found.expect?.toLowerCase()
  return {
    method: line.method,
    target: line.target,
    fields,
    host: line.authority ?? found.host,
    minorVersion: line.minorVersion,
    body,
    keepAlive:
      !listHas(found.connection, 'close') &&
      (line.minorVersion === 1 || listHas(found.connection, 'keep-alive')),
    expectsContinue: expect === '100-continue' && line.minorVersion === 1,
    expectsElse: expect !== undefined && expect !== '100-continue',
    upgrade: line.minorVersion === 1 && listHas(found.connection, 'upgrade') ? found.upgrade : undefined,
    trailer: body === CHUNKED ? found.trailer : undefined,
    acceptsTrailers: line.minorVersion === 1 && listHas(found.te, 'trailers'),
  }
}

/** `uri-host [ ":" port ]` (RFC 9110 §7.2), less characters that no host has. */
export function isHost(host: string): boolean {
  return host.length <= 261 && /^(?:[0-9A-Za-z._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/.test(host)
}
