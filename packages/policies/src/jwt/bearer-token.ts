import type { HeaderList } from '@portcullis/policy-kit/header-list'
import { jwtFaults } from './contract.ts'

const SCHEME = 'bearer'

/**
 * The token in `Authorization: Bearer TOKEN` (RFC 6750 §2.1), the one place where tokens are taken from: not from
 * the query and not from a form. `undefined` without credentials or with those of another scheme.
 *
 * @throws jwt.bad-request when there are two fields, or the field has another shape than RFC 6750 gives it.
 */
export function readBearerToken(headers: HeaderList): string | undefined {
  const fields = headers.all('authorization')
  // Two fields may mean two callers: one to us, the other to the backend (RFC 9110 §11.6.2 allows one).
  if (fields.length > 1) throw jwtFaults['bad-request']({ detail: 'There are several Authorization fields.' })
  const field = fields[0]
  if (field === undefined || !namesBearer(field)) return undefined
  const token = field.slice(endOfSpaces(field, SCHEME.length))
  if (token === '' || !isToken68(token)) {
    throw jwtFaults['bad-request']({ detail: 'After "Bearer " one token is expected, and nothing else.' })
  }
  return token
}

/** Scheme names know no case (RFC 9110 §11.1). */
function namesBearer(field: string): boolean {
  const end = field.charCodeAt(SCHEME.length)
  const isWhole = field.length === SCHEME.length || end === SPACE || end === TAB || end === COMMA
  return isWhole && field.slice(0, SCHEME.length).toLowerCase() === SCHEME
}

function endOfSpaces(field: string, from: number): number {
  let i = from
  while (field.charCodeAt(i) === SPACE) i++
  return i
}

/** `b64token` of RFC 6750 §2.1. A single class, so the time is linear. */
function isToken68(text: string): boolean {
  return /^[A-Za-z0-9._~+/-]+=*$/.test(text)
}

const TAB = 0x09
const SPACE = 0x20
const COMMA = 0x2c
