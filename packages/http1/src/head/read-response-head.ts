import { CHUNKED, CLOSE, type Framing, framingOf, gatherFramingFields, NONE } from '../body/framing.ts'
import { checkBytes, type Fields, readFieldLines } from './field-line.ts'
import { listHas } from './list.ts'
import { type Malformed, malformed } from './malformed.ts'

export interface ResponseHead {
  readonly status: number
  readonly fields: Fields
  readonly body: Framing
  readonly keepAlive: boolean
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9][0-9])(?: [\t \x21-\x7e\x80-\xff]*)?$/

/** Reads the head of a response to a request of this method; what it may be trusted with is decided as in RFC 9112 §6.3. */
export function readResponseHead(head: string, method: string, maxFields: number): ResponseHead | Malformed {
  const bad = checkBytes(head)
  if (bad !== undefined) return bad
  const lineEnd = head.indexOf('\r\n')
  const line = STATUS_LINE.exec(head.slice(0, lineEnd))
  if (line === null) return malformed(400, 'bad-status-line')
  const fields = readFieldLines(head, lineEnd + 2, maxFields)
  if ('reason' in fields) return fields
  const found = gatherFramingFields(fields)
  const status = Number(line[2])
  const isNewer = line[1] === '1'
  const stated = framingOf(found)
  if (stated !== undefined && 'reason' in stated) return stated
  if (stated === CHUNKED && !isNewer) return malformed(400, 'ambiguous-length')
  const body = hasNoBody(status, method) ? NONE : (stated ?? CLOSE)
  const mayStay = isNewer ? !listHas(found.connection, 'close') : listHas(found.connection, 'keep-alive')
  return { status, fields, body, keepAlive: mayStay && body !== CLOSE }
}

/** RFC 9112 §6.3, first rule. */
export function hasNoBody(status: number, method: string): boolean {
  return method === 'HEAD' || status < 200 || status === 204 || status === 304
}
