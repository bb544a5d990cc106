import type { Fault } from '@portcullis/kernel/fault'
import { Secret } from '@portcullis/kernel/secret'
import type { HeaderList } from '@portcullis/policy-kit/message/header-list'

/** What somebody presents (RFC 7617 §2). */
export interface NameAndPassword {
  readonly name: string
  readonly password: Secret
}

const MAX_CREDENTIALS_CHARACTERS = 4_096
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * `undefined` without credentials, or with those of another scheme.
 *
 * @throws what `badRequest` makes of what is wrong with it.
 */
export function readBasic(
  headers: HeaderList,
  badRequest: (detail: string) => Fault,
): NameAndPassword | undefined {
  const fields = headers.all('authorization')
  const field = fields[0]
  if (field === undefined) return undefined
  const end = field.indexOf(' ')
  if ((end === -1 ? field : field.slice(0, end)).toLowerCase() !== 'basic') return undefined
  if (fields.length > 1) throw badRequest('There are several Authorization fields.')
  const encoded = end === -1 ? '' : field.slice(end).trim()
  if (encoded.length > MAX_CREDENTIALS_CHARACTERS) throw badRequest('Name and password are too long.')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) throw badRequest('What follows "Basic " is no base64.')
  const text = decoded(encoded)
  if (text === undefined) throw badRequest('It is no UTF-8.')
  const colon = text.indexOf(':')
  if (colon === -1) throw badRequest('There is no colon between name and password.')
  // RFC 7617 §2: neither has control characters.
  if (/\p{Cc}/u.test(text)) throw badRequest('There is a control character in it.')
  // §2.1: what looks the same is the same, however it was typed.
  return {
    name: text.slice(0, colon).normalize('NFC'),
    password: new Secret(text.slice(colon + 1).normalize('NFC')),
  }
}

/** `undefined` for what is no UTF-8. */
function decoded(encoded: string): string | undefined {
  try {
    return utf8.decode(Buffer.from(encoded, 'base64'))
  } catch {
    return undefined
  }
}
