import type { Fault } from '@portcullis/kernel/fault'
import { isSameName } from '@portcullis/policy-kit/message/field-names'
import type { HeaderList } from '@portcullis/policy-kit/message/header-list'

/** An access token as it came in. */
export interface PresentedToken {
  readonly token: string
  /** As `Authorization: DPoP` (RFC 9449 §7.1); else as `Authorization: Bearer` (RFC 6750 §2.1). */
  readonly dpop: boolean
}

/** As `findPresentedToken`, and the token is of the form that it must have. */
export function readPresentedToken(
  headers: HeaderList,
  badRequest: (detail: string) => Fault,
): PresentedToken | undefined {
  const found = findPresentedToken(headers, badRequest)
  if (found !== undefined) checkTokenForm(found.token, badRequest)
  return found
}

/**
 * The token in `Authorization: Bearer TOKEN` or `Authorization: DPoP TOKEN`, the one place where tokens are taken from:
 * not from the query and not from a form. `undefined` without credentials or with those of another scheme.
 *
 * Its form is for `checkTokenForm` to judge: once is enough for a token that comes again and again.
 *
 * @throws what `badRequest` makes of the reason, when there are two fields.
 */
export function findPresentedToken(
  headers: HeaderList,
  badRequest: (detail: string) => Fault,
): PresentedToken | undefined {
  const fields = headers.all('authorization')
  // Two fields may mean two callers: one to us, the other to the backend (RFC 9110 §11.6.2 allows one).
  if (fields.length > 1) throw badRequest('There are several Authorization fields.')
  const field = fields[0]
  if (field === undefined) return undefined
  const dpop = names(field, 'dpop')
  if (!dpop && !names(field, 'bearer')) return undefined
  return { token: field.slice(endOfSpaces(field, dpop ? 4 : 6)), dpop }
}

/** Whether a token has as many parts as a signed or encrypted JWT: opaque ones have no dots, or not as many. */
export function isJwtShaped(token: string): boolean {
  let dots = 0
  for (let at = token.indexOf('.'); at >= 0 && dots < 5; at = token.indexOf('.', at + 1)) dots++
  return dots === 2 || dots === 4
}

/** @throws what `badRequest` makes of the reason, for what has another shape than a token. */
export function checkTokenForm(token: string, badRequest: (detail: string) => Fault): void {
  if (isToken68(token)) return
  throw badRequest('After "Bearer " or "DPoP " one token is expected, and nothing else.')
}

/** Scheme names know no case (RFC 9110 §11.1). */
function names(field: string, scheme: string): boolean {
  const end = field.charCodeAt(scheme.length)
  const isWhole = field.length === scheme.length || end === SPACE || end === TAB || end === COMMA
  return isWhole && isSameName(field.slice(0, scheme.length), scheme)
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
