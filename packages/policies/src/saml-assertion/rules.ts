import type { HeaderList } from '@portcullis/policy-kit/message/header-list'
import { SAML_SCHEME, samlAssertionFaults } from './contract.ts'

/** An assertion with the groups of somebody who is in many, signed and with its certificate. */
const MAX_CHARACTERS = 48 * 1024
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The XML of the assertion that a call carries: in a field of its own, or as `Authorization: SAML base64`. `undefined`
 * without one, or with the credentials of another scheme.
 *
 * @throws saml-assertion.bad-request
 */
export function readPresented(headers: HeaderList, field: string | undefined): string | undefined {
  const fields = headers.all(field ?? 'authorization')
  const [value] = fields
  if (value === undefined) return undefined
  const encoded = field === undefined ? afterScheme(value) : value.trim()
  if (encoded === undefined) return undefined
  if (fields.length > 1) throw bad('There are several of these fields.')
  if (encoded.length > MAX_CHARACTERS) throw bad('The assertion is too long.')
  // Base64, also as it is written in URLs (RFC 4648 §5). One class: the time is linear.
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(encoded)) throw bad('What is there is no base64.')
  try {
    return utf8.decode(Buffer.from(encoded, 'base64'))
  } catch {
    throw bad('It is not in UTF-8.')
  }
}

function afterScheme(value: string): string | undefined {
  const end = value.indexOf(' ')
  const scheme = end === -1 ? value : value.slice(0, end)
  if (scheme.toLowerCase() !== SAML_SCHEME) return undefined
  return end === -1 ? '' : value.slice(end).trim()
}

function bad(detail: string) {
  return samlAssertionFaults['bad-request']({ detail })
}
