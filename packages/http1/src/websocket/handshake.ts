import { createHash, randomBytes } from 'node:crypto'
import { NONE } from '../body/framing.ts'
import { composeFields } from '../head/compose-fields.ts'
import { type Malformed, malformed } from '../head/malformed.ts'
import type { RequestHead } from '../head/read-request-head.ts'
import type { ResponseHead } from '../head/read-response-head.ts'
import { statusLine } from '../head/status-line.ts'

/** The opening handshake of RFC 6455 §4, each hop with a key of its own: what one side says is never taken for the other's. */

export const WEBSOCKET = 'websocket' as const
/** The only version there is (RFC 6455 §4.1). */
export const WEBSOCKET_VERSION = '13'

/** Fixed by RFC 6455 §1.3: no server that does not know the protocol makes the accept value by chance. */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** Sixteen bytes in base64 (RFC 6455 §4.1). */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** What is wrong with a request to change to WebSocket (RFC 6455 §4.2.1). */
export function checkHandshake(head: RequestHead): Malformed | undefined {
  const bad = malformed(400, 'bad-websocket')
  if (head.method !== 'GET' || head.body !== NONE) return bad
  const version = onlyField(head.fields, 'sec-websocket-version')
  if (version === undefined) return bad
  if (version !== WEBSOCKET_VERSION) return malformed(426, 'unknown-websocket-version')
  const key = onlyField(head.fields, 'sec-websocket-key')
  return key !== undefined && KEY.test(key) ? undefined : bad
}

/** The caller's key, where the request asks to change to WebSocket and `checkHandshake` passed it. */
export function handshakeKeyOf({ upgrade, fields }: RequestHead): string | undefined {
  return upgrade?.toLowerCase() === WEBSOCKET ? onlyField(fields, 'sec-websocket-key') : undefined
}

/** The proof that the handshake was understood (RFC 6455 §4.2.2). */
export function acceptOf(key: string): string {
  return createHash('sha1').update(key).update(GUID).digest('base64')
}

export function makeKey(): string {
  return randomBytes(16).toString('base64')
}

/** The value of a field, given in lower case, that came exactly once. */
export function onlyField(fields: readonly string[], name: string): string | undefined {
  let found: string | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const each = fields[i] as string
    if (each.length !== name.length || each.toLowerCase() !== name) continue
    if (found !== undefined) return undefined
    found = fields[i + 1]
  }
  return found
}

/** The lines by which a client offers to change to WebSocket (RFC 6455 §4.1), each behind the CRLF of the one before. */
export function offerFields(key: string): string {
  return `\r\nUpgrade: ${WEBSOCKET}\r\nConnection: Upgrade\r\nSec-WebSocket-Version: ${WEBSOCKET_VERSION}\r\nSec-WebSocket-Key: ${key}`
}

/** Whether a 101 is the answer to the offer with this key (RFC 6455 §4.1). */
export function isAccepted({ upgrade, fields }: ResponseHead, key: string): boolean {
  return upgrade?.toLowerCase() === WEBSOCKET && onlyField(fields, 'sec-websocket-accept') === acceptOf(key)
}

/** All of a 101 that takes an offer (RFC 6455 §4.2.2). Throws for fields that can't be sent. */
export function switchingHead(key: string, fields: readonly string[]): string {
  const { text } = composeFields(withoutHandshake(fields))
  return `${statusLine(101)}\r\nUpgrade: ${WEBSOCKET}\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}${text}\r\n\r\n`
}

/** The fields of the handshake that belong to one hop alone, by their names in lower case. */
const ofHop = new Set(['sec-websocket-key', 'sec-websocket-version', 'sec-websocket-accept', 'upgrade'])

/** The fields less those by which one hop shakes hands. */
export function withoutHandshake(fields: readonly string[]): string[] {
  return fields.filter((_, i) => !ofHop.has((fields[i - (i % 2)] as string).toLowerCase()))
}
