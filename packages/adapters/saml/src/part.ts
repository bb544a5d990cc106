import type { NameId } from '@portcullis/ports/assertions/port'
import { refused } from '@portcullis/ports/assertions/statement'
import { attributeOf, childrenOf, textOf, type XmlElement } from '@portcullis/xml/element'
import { SAML, SAMLP } from './namespace.ts'

/** @throws assertions.refused where it names none, or writes it in another form than an entity ID. */
export function issuerOf(message: XmlElement): string {
  const issuer = only(message, 'Issuer')
  const format = attributeOf(issuer, 'Format')
  if (format !== undefined && format !== 'urn:oasis:names:tc:SAML:2.0:nameid-format:entity')
    throw refused('its issuer is no entity ID')
  return required(textOf(issuer), 'Issuer')
}

/** Of whom it speaks: the one `NameID` right inside. */
export function nameIdOf(subject: XmlElement): NameId {
  // An EncryptedID or BaseID is one of which we could not say who it is.
  return readNameId(only(subject, 'NameID'))
}

export function readNameId(nameId: XmlElement): NameId {
  const format = attributeOf(nameId, 'Format')
  const nameQualifier = attributeOf(nameId, 'NameQualifier')
  const spNameQualifier = attributeOf(nameId, 'SPNameQualifier')
  return {
    value: required(textOf(nameId), 'NameID'),
    ...(format !== undefined && { format }),
    ...(nameQualifier !== undefined && { nameQualifier }),
    ...(spNameQualifier !== undefined && { spNameQualifier }),
  }
}

/** SAML Core §1.3.3: an `xs:dateTime` in UTC. Milliseconds since the epoch. */
export function instant(text: string): number {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,12})?Z$/.exec(text.trim())
  const millis = parts === null ? Number.NaN : Date.parse(`${parts[1]}${(parts[2] ?? '').slice(0, 4)}Z`)
  if (Number.isNaN(millis)) throw refused('a time in it is none')
  return millis
}

/** The one child of this name in the namespace of assertions, where it is there. */
export function optional(element: XmlElement, name: string): XmlElement | undefined {
  const [found, ...others] = childrenOf(element, SAML, name)
  if (others.length > 0) throw refused(`it has more than one ${name}`)
  return found
}

/** As `optional`, and it must be there. */
export function only(element: XmlElement, name: string): XmlElement {
  const found = optional(element, name)
  if (found === undefined) throw refused(`it has no ${name}`)
  return found
}

/** @throws assertions.refused where it is missing or empty. */
export function required(text: string | undefined, what: string): string {
  if (text === undefined || text === '') throw refused(`it has no ${what}`)
  return text
}

/** The status of an answer, as it is written: the outermost code (SAML Core §3.2.2.2). */
export function statusOf(response: XmlElement): string {
  const [status, ...others] = childrenOf(response, SAMLP, 'Status')
  const code = status && childrenOf(status, SAMLP, 'StatusCode')[0]
  if (code === undefined || others.length > 0) throw refused('it has no status')
  return required(attributeOf(code, 'Value'), 'Value')
}
