import { type Fields, isNamed } from '../head/field-line.ts'
import { type Malformed, malformed } from '../head/malformed.ts'

/** How the end of a body is known (RFC 9112 §6.3). */
export type Framing =
  | { readonly framing: 'none' }
  | { readonly framing: 'length'; readonly length: number }
  | { readonly framing: 'chunked' }
  /** A response that ends with its connection. */
  | { readonly framing: 'close' }

export const NONE: Framing = { framing: 'none' }
export const CHUNKED: Framing = { framing: 'chunked' }
export const CLOSE: Framing = { framing: 'close' }

/** The fields that speak of a body or of the connection, gathered in one pass. */
export interface FramingFields {
  contentLength: string | undefined
  transferEncoding: string | undefined
  connection: string | undefined
  expect: string | undefined
  upgrade: string | undefined
  te: string | undefined
  trailer: string | undefined
  host: string | undefined
  hosts: number
  /** A field of which there may be one came twice. */
  repeated: boolean
}

export function gatherFramingFields(fields: Fields): FramingFields {
  const found: FramingFields = {
    contentLength: undefined,
    transferEncoding: undefined,
    connection: undefined,
    expect: undefined,
    upgrade: undefined,
    te: undefined,
    trailer: undefined,
    host: undefined,
    hosts: 0,
    repeated: false,
  }
  for (let i = 0; i < fields.length; i += 2) gather(found, fields[i] as string, fields[i + 1] as string)
  return found
}

/** The length tells most names apart before any is looked at. */
function gather(found: FramingFields, name: string, value: string): void {
  switch (name.length) {
    case 2:
      if (isNamed(name, 'te')) found.te = joined(found.te, value)
      return
    case 4:
      if (!isNamed(name, 'host')) return
      found.hosts++
      found.host = value
      return
    case 6:
      if (isNamed(name, 'expect')) found.expect = joined(found.expect, value)
      return
    case 7:
      if (isNamed(name, 'upgrade')) found.upgrade = joined(found.upgrade, value)
      else if (isNamed(name, 'trailer')) found.trailer = joined(found.trailer, value)
      return
    case 10:
      if (isNamed(name, 'connection')) found.connection = joined(found.connection, value)
      return
    case 14:
      if (!isNamed(name, 'content-length')) return
      if (found.contentLength !== undefined) found.repeated = true
      found.contentLength = value
      return
    case 17:
      if (!isNamed(name, 'transfer-encoding')) return
      if (found.transferEncoding !== undefined) found.repeated = true
      found.transferEncoding = value
  }
}

/** Several fields of one name are one list (RFC 9110 §5.3). */
function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before}, ${value}`
}

/** Digits and nothing else; more than 15 of them is no length that anybody sends. */
const DIGITS = /^[0-9]{1,15}$/

/**
 * What the fields say of the body; `undefined` when they say nothing. Two statements are refused even where they agree:
 * whoever reads only one of them would read another message (RFC 9112 §6.1, §6.3, §11.2).
 */
export function framingOf(found: FramingFields): Framing | Malformed | undefined {
  const { contentLength, transferEncoding } = found
  if (found.repeated || (contentLength !== undefined && transferEncoding !== undefined)) {
    return malformed(400, 'ambiguous-length')
  }
  if (transferEncoding !== undefined) {
    return transferEncoding.toLowerCase() === 'chunked' ? CHUNKED : malformed(501, 'unknown-coding')
  }
  if (contentLength === undefined) return undefined
  if (!DIGITS.test(contentLength)) return malformed(400, 'bad-content-length')
  const length = Number(contentLength)
  return length === 0 ? NONE : { framing: 'length', length }
}
