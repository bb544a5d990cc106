import type { AssertedAuthentication, NameId } from '@portcullis/ports/assertions/port'
import { type Confirmation, refused, type Statement } from '@portcullis/ports/assertions/statement'
import { attributeOf, childrenOf, elementsOf, is, textOf, type XmlElement } from '@portcullis/xml/element'
import { DSIG, SAML } from './namespace.ts'

const XSI = 'http://www.w3.org/2001/XMLSchema-instance'
const CONFIRMATION_METHODS: ReadonlyMap<string, Confirmation['method']> = new Map([
  ['urn:oasis:names:tc:SAML:2.0:cm:bearer', 'bearer'],
  ['urn:oasis:names:tc:SAML:2.0:cm:holder-of-key', 'holder-of-key'],
])

/** What an `Assertion` says (SAML Core §2.3.3). What it may say and we don't understand is refused. */
export function readStatement(assertion: XmlElement): Statement {
  if (!is(assertion, SAML, 'Assertion')) throw refused('it is no SAML 2.0 assertion')
  if (attributeOf(assertion, 'Version') !== '2.0') throw refused('it is of another version')
  const subject = only(assertion, 'Subject')
  const conditions = optional(assertion, 'Conditions')
  const authentication = childrenOf(assertion, SAML, 'AuthnStatement')[0]
  return {
    id: required(attributeOf(assertion, 'ID'), 'ID'),
    issuer: issuerOf(assertion),
    issuedAt: instant(required(attributeOf(assertion, 'IssueInstant'), 'IssueInstant')),
    subject: nameIdOf(subject),
    confirmations: childrenOf(subject, SAML, 'SubjectConfirmation').flatMap(confirmationOf),
    ...times(conditions),
    ...(conditions === undefined ? { audiences: [], oneTimeUse: false } : conditionsOf(conditions)),
    attributes: attributesOf(assertion),
    ...(authentication !== undefined && { authentication: authenticationOf(authentication) }),
  }
}

/** @throws assertions.refused where it names none, or writes it in another form than an entity ID. */
export function issuerOf(message: XmlElement): string {
  const issuer = only(message, 'Issuer')
  const format = attributeOf(issuer, 'Format')
  if (format !== undefined && format !== 'urn:oasis:names:tc:SAML:2.0:nameid-format:entity')
    throw refused('its issuer is no entity ID')
  return required(textOf(issuer), 'Issuer')
}

function nameIdOf(subject: XmlElement): NameId {
  // An EncryptedID or BaseID is one of which we could not say who it is.
  const nameId = only(subject, 'NameID')
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

function confirmationOf(confirmation: XmlElement): Confirmation[] {
  const method = CONFIRMATION_METHODS.get(attributeOf(confirmation, 'Method') ?? '')
  if (method === undefined) return []
  const data = optional(confirmation, 'SubjectConfirmationData')
  const recipient = data && attributeOf(data, 'Recipient')
  const inResponseTo = data && attributeOf(data, 'InResponseTo')
  return [
    {
      method,
      ...times(data),
      ...(recipient !== undefined && { recipient }),
      ...(inResponseTo !== undefined && { inResponseTo }),
      certificates: (data === undefined ? [] : childrenOf(data, DSIG, 'KeyInfo'))
        .flatMap((info) => childrenOf(info, DSIG, 'X509Data'))
        .flatMap((x509) => childrenOf(x509, DSIG, 'X509Certificate'))
        .map((certificate) => Buffer.from(textOf(certificate) ?? '', 'base64').toString('base64')),
    },
  ]
}

/** SAML Core §2.5.1: with a condition that is not understood, nobody can say whether it is met. */
function conditionsOf(conditions: XmlElement): Pick<Statement, 'audiences' | 'oneTimeUse'> {
  const audiences: string[][] = []
  let oneTimeUse = false
  for (const each of elementsOf(conditions)) {
    if (is(each, SAML, 'AudienceRestriction')) {
      audiences.push(childrenOf(each, SAML, 'Audience').map((audience) => textOf(audience)?.trim() ?? ''))
    } else if (is(each, SAML, 'OneTimeUse')) oneTimeUse = true
    // §2.5.1.6: it speaks to those who would issue assertions from this one.
    else if (!is(each, SAML, 'ProxyRestriction'))
      throw refused('it has a condition that we do not understand')
  }
  return { audiences, oneTimeUse }
}

function authenticationOf(statement: XmlElement): AssertedAuthentication {
  const context = optional(statement, 'AuthnContext')
  const contextClass = context && optional(context, 'AuthnContextClassRef')
  const sessionIndex = attributeOf(statement, 'SessionIndex')
  const end = attributeOf(statement, 'SessionNotOnOrAfter')
  return {
    at: instant(required(attributeOf(statement, 'AuthnInstant'), 'AuthnInstant')),
    ...(contextClass !== undefined && {
      contextClass: required(textOf(contextClass), 'AuthnContextClassRef'),
    }),
    ...(sessionIndex !== undefined && { sessionIndex }),
    ...(end !== undefined && { sessionNotOnOrAfter: instant(end) }),
  }
}

/** Values that are no text, such as elements, are not told. */
function attributesOf(assertion: XmlElement): Record<string, readonly string[]> {
  const told = new Map<string, string[]>()
  const attributes = childrenOf(assertion, SAML, 'AttributeStatement').flatMap((each) =>
    childrenOf(each, SAML, 'Attribute'),
  )
  for (const attribute of attributes) {
    const name = required(attributeOf(attribute, 'Name'), 'Name')
    const values = childrenOf(attribute, SAML, 'AttributeValue')
      .filter((value) => !['true', '1'].includes(attributeOf(value, 'nil', XSI) ?? ''))
      .flatMap((value) => textOf(value) ?? [])
    told.set(name, [...(told.get(name) ?? []), ...values])
  }
  return Object.fromEntries(told)
}

function times(element: XmlElement | undefined): { notBefore?: number; notOnOrAfter?: number } {
  const notBefore = element && attributeOf(element, 'NotBefore')
  const notOnOrAfter = element && attributeOf(element, 'NotOnOrAfter')
  return {
    ...(notBefore !== undefined && { notBefore: instant(notBefore) }),
    ...(notOnOrAfter !== undefined && { notOnOrAfter: instant(notOnOrAfter) }),
  }
}

/** SAML Core §1.3.3: an `xs:dateTime` in UTC. Milliseconds since the epoch. */
function instant(text: string): number {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,12})?Z$/.exec(text.trim())
  const millis = parts === null ? Number.NaN : Date.parse(`${parts[1]}${(parts[2] ?? '').slice(0, 4)}Z`)
  if (Number.isNaN(millis)) throw refused('a time in it is none')
  return millis
}

function optional(element: XmlElement, name: string): XmlElement | undefined {
  const [found, ...others] = childrenOf(element, SAML, name)
  if (others.length > 0) throw refused(`it has more than one ${name}`)
  return found
}

function only(element: XmlElement, name: string): XmlElement {
  const found = optional(element, name)
  if (found === undefined) throw refused(`it has no ${name}`)
  return found
}

function required(text: string | undefined, what: string): string {
  if (text === undefined || text === '') throw refused(`it has no ${what}`)
  return text
}
