import type { AssertedAuthentication } from '@portcullis/ports/assertions/port'
import { type Confirmation, refused, type Statement } from '@portcullis/ports/assertions/statement'
import { attributeOf, childrenOf, elementsOf, is, textOf, type XmlElement } from '@portcullis/xml/element'
import { DSIG, SAML } from './namespace.ts'
import { instant, issuerOf, nameIdOf, only, optional, required } from './part.ts'

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
