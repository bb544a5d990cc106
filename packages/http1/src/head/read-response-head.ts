import { CHUNKED, CLOSE, type Framing, framingOf, gatherFramingFields, NONE } from '../body/framing.ts'
import { dropConnectionFields } from './connection-field.ts'
import { checkBytes, endOfLine, type Fields, isNamed, readFieldLines } from './field-line.ts'
import type { LastHead } from './last-head.ts'
import { listHas, wordsOf } from './list.ts'
import { type Malformed, malformed } from './malformed.ts'

export interface ResponseHead {
  readonly status: number
  /** Less those that belong to the connection. */
  readonly fields: Fields
  readonly body: Framing
  readonly keepAlive: boolean
  /** How long the server says that it keeps an idle connection, where it says so. */
  readonly idleSeconds: number | undefined
  /** What a 101 switches to (RFC 9110 §15.2.2). */
  readonly upgrade: string | undefined
  /** Which fields follow the body; nothing where none can. */
  readonly trailer: string | undefined
}

const BLANK = 32
const ZERO = 48
/** `HTTP/1.1 200`, less what follows. */
const STATUS_END = 12

/**
 * Reads the head with which these bytes begin, of a response to a request of this method; what it may be trusted with is
 * decided as in RFC 9112 §6.3.
 */
export function readResponseHead(
  bytes: Buffer,
  length: number,
  method: string,
  maxFields: number,
): ResponseHead | Malformed {
  const text = bytes.toString('latin1', 0, length)
  const found = findResponseHead(bytes, text, method, maxFields)
  if ('head' in found) return found.length === length ? found.head : malformed(400, 'bad-field')
  return checkBytes(text) ?? found
}

/** A head, and how long it is without the empty line behind it. */
export interface FoundResponseHead {
  readonly head: ResponseHead
  readonly length: number
}

/** What was read of a head, in reply to a request of which method: that says whether there is content. */
export interface KnownResponseHead {
  readonly head: ResponseHead
  readonly method: string
}

/**
 * Looks for a head at the beginning of `text`, with which `bytes` begin too. Where `text` may end before the head does,
 * something may be found wrong with it that is not.
 */
export function findResponseHead(
  bytes: Uint8Array,
  text: string,
  method: string,
  maxFields: number,
  last?: LastHead<KnownResponseHead>,
): FoundResponseHead | Malformed {
  const known = last?.find(text, 0)
  if (known?.method === method && last !== undefined) {
    return { head: withOwnFields(known.head), length: last.length - 2 }
  }
  const isNewer = text.startsWith('HTTP/1.1 ')
  const status = statusAt(bytes, STATUS_END - 3)
  // After the status comes nothing, or a blank and any phrase.
  const lineEnd = endOfLine(bytes, STATUS_END)
  const isCutOff = lineEnd !== STATUS_END && bytes[STATUS_END] !== BLANK
  if (!(isNewer || text.startsWith('HTTP/1.0 ')) || status === undefined || lineEnd < 0 || isCutOff) {
    return malformed(400, 'bad-status-line')
  }
  const fields: Fields = []
  const length = readFieldLines(bytes, text, lineEnd + 2, maxFields, fields)
  if (typeof length !== 'number') return length
  const head = assemble(status, fields, method, isNewer)
  if ('reason' in head) return head
  // Before anybody is given the list: who has it may change it.
  last?.keep(text, 0, length + 2, { head, method }, keptOf)
  return { head, length }
}

function keptOf({ head, method }: KnownResponseHead): KnownResponseHead {
  return { head: withOwnFields(head), method }
}

function withOwnFields(head: ResponseHead): ResponseHead {
  const { status, fields, body, keepAlive, idleSeconds, upgrade, trailer } = head
  return { status, fields: fields.slice(), body, keepAlive, idleSeconds, upgrade, trailer }
}

/** Three digits, the first of them one of the five classes (RFC 9110 §15). */
function statusAt(bytes: Uint8Array, at: number): number | undefined {
  const [hundreds, tens, ones] = [digitAt(bytes, at), digitAt(bytes, at + 1), digitAt(bytes, at + 2)]
  if (hundreds < 1 || hundreds > 5 || tens < 0 || ones < 0) return undefined
  return hundreds * 100 + tens * 10 + ones
}

function digitAt(bytes: Uint8Array, at: number): number {
  const digit = (bytes[at] ?? 0) - ZERO
  return digit > 9 ? -1 : digit
}

function assemble(
  status: number,
  fields: Fields,
  method: string,
  isNewer: boolean,
): ResponseHead | Malformed {
  const found = gatherFramingFields(fields)
  const stated = framingOf(found)
  if (stated !== undefined && 'reason' in stated) return stated
  // RFC 9112 §6.1: chunks from HTTP/1.0 are faulty.
  if (stated === CHUNKED && !isNewer) return malformed(400, 'ambiguous-length')
  // RFC 9112 §6.1, RFC 9110 §8.6: 1xx and 204 must not announce content; some readers would wait for it.
  if (stated !== undefined && stated !== NONE && (status < 200 || status === 204)) {
    return malformed(400, 'ambiguous-length')
  }
  const body = hasNoBody(status, method) ? NONE : (stated ?? CLOSE)
  const mayStay = !listHas(found.connection, 'close') && (isNewer || listHas(found.connection, 'keep-alive'))
  const idleSeconds = idleSecondsOf(fields)
  const upgrade = status === 101 && listHas(found.connection, 'upgrade') ? found.upgrade : undefined
  const trailer = body === CHUNKED ? found.trailer : undefined
  dropConnectionFields(fields, found.connection)
  return { status, fields, body, keepAlive: mayStay && body !== CLOSE, idleSeconds, upgrade, trailer }
}

/** RFC 9112 §6.3, first rule. */
export function hasNoBody(status: number, method: string): boolean {
  return method === 'HEAD' || status < 200 || status === 204 || status === 304
}

/** `Keep-Alive: timeout=5` (RFC 2068 §19.7.1.1, which servers still send). */
function idleSecondsOf(fields: Fields): number | undefined {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (!isNamed(name, 'keep-alive')) continue
    const word = wordsOf(fields[i + 1] as string).find((each) => each.startsWith('timeout='))
    const digits = word?.slice('timeout='.length) ?? ''
    if (/^[0-9]{1,6}$/.test(digits)) return Number(digits)
  }
  return undefined
}
