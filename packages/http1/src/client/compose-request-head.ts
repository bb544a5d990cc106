import { fieldNameOf, isToken } from '../head/field-kind.ts'
import { isFieldValue } from '../head/field-value.ts'
import { announcedTrailers } from '../head/trailer.ts'
import type { ClientRequest } from '../message.ts'
import { makeKey, offerFields, withoutHandshake } from '../websocket/handshake.ts'
import { ClientError } from './client-error.ts'

export interface RequestHead {
  /** All of it, with the empty line. */
  readonly text: string
  /** The length to which a streaming body is held; without one it goes in chunks. */
  readonly length: number | undefined
  /** By which the server proves that it took an offer to change the protocol. */
  readonly handshakeKey: string | undefined
  /** Which fields follow the body, as announced. */
  readonly trailer: string | undefined
}

/** Those that nearly all requests have; any other is looked at letter by letter. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
/** What may stand in a target: no blank, no control, nothing above ASCII. */
const TARGET = /^[!-~]+$/
/** What the connection alone is asked for is named in `Connection` (RFC 9110 §10.1.4). */
const ACCEPTS_TRAILERS = '\r\nTE: trailers\r\nConnection: TE'
const DIGITS = /^[0-9]{1,15}$/
/** Methods whose requests are expected to have a body: an empty one is stated (RFC 9110 §8.6). */
const USUALLY_WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])

/**
 * Writes the head of a request. Framing and the fields of the connection are ours, whatever the list says of them.
 * Throws a ClientError `bad-request` for what would be read as something else than was meant.
 */
export function composeRequestHead(request: ClientRequest): RequestHead {
  const { method, target, host, body, upgrade } = request
  const fields = upgrade === undefined ? request.fields : withoutHandshake(request.fields)
  if (!METHODS.has(method) && !isToken(method)) throw refused('the method')
  if (!TARGET.test(target)) throw refused('the target')
  if (!TARGET.test(host)) throw refused('the host')
  let text = `${method} ${target} HTTP/1.1\r\nHost: ${host}`
  let length: number | undefined
  let trailer: string | undefined
  const handshakeKey = upgrade && makeKey()
  if (handshakeKey !== undefined) {
    if (method !== 'GET' || body !== undefined) throw refused('such an offer of another protocol')
    text += offerFields(handshakeKey)
  } else if (request.acceptsTrailers === true) text += ACCEPTS_TRAILERS
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    const value = fields[i + 1] as string
    const { kind, lead } = fieldNameOf(name)
    if (kind === 'no-name') throw refused(`the name ${JSON.stringify(name)}`)
    if (!isFieldValue(value)) throw refused(`the value of ${name}`)
    if (kind === 'other' || kind === 'date') text += lead + value
    else if (kind === 'trailer') trailer = trailer === undefined ? value : `${trailer}, ${value}`
    else if (kind === 'content-length') {
      if (!DIGITS.test(value) || length !== undefined) throw refused('the value of Content-Length')
      length = Number(value)
    }
  }
  if (body === undefined) {
    text += USUALLY_WITH_BODY.has(method) ? '\r\nContent-Length: 0\r\n\r\n' : '\r\n\r\n'
    return { text, length: 0, handshakeKey, trailer: undefined }
  }
  const names = request.trailers === undefined ? [] : announcedTrailers(trailer)
  if (names.length > 0) {
    text += `\r\nTrailer: ${names.join(', ')}\r\nTransfer-Encoding: chunked\r\n\r\n`
    return { text, length: undefined, handshakeKey, trailer }
  }
  if (body instanceof Uint8Array) length = body.byteLength
  text +=
    length === undefined ? '\r\nTransfer-Encoding: chunked\r\n\r\n' : `\r\nContent-Length: ${length}\r\n\r\n`
  return { text, length, handshakeKey, trailer: undefined }
}

function refused(what: string): ClientError {
  return new ClientError('bad-request', { message: `${what} cannot be sent` })
}
