import { randomBytes } from 'node:crypto'
import type { NameId } from '@portcullis/ports/assertions/port'
import { SAML, SAMLP, SUCCESS } from '@portcullis/saml/namespace'
import { escapeXml } from '@portcullis/xml/write-xml'

export interface OwnMessage {
  /** What the answer must be to. 160 random bits (SAML Core §1.3.4). */
  readonly id: string
  readonly xml: string
}

/** What every message of ours has (SAML Core §3.2), with what is its own. `now`: milliseconds since the epoch. */
export function writeMessage(
  kind: 'AuthnRequest' | 'LogoutRequest' | 'LogoutResponse',
  {
    destination,
    entityId,
    now,
  }: { readonly destination: string; readonly entityId: string; readonly now: number },
  attributes: Readonly<Record<string, string>>,
  inside: string,
): OwnMessage {
  const id = `_${randomBytes(20).toString('hex')}`
  const common = {
    'xmlns:samlp': SAMLP,
    'xmlns:saml': SAML,
    ID: id,
    Version: '2.0',
    IssueInstant: new Date(now).toISOString(),
    Destination: destination,
  }
  const xml =
    `<samlp:${kind}${written({ ...common, ...attributes })}><saml:Issuer>${escapeXml(entityId)}</saml:Issuer>` +
    `${inside}</samlp:${kind}>`
  return { id, xml }
}

export function written(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('')
}

/** SAML Core §3.7.1: of one sign-in where it has a name, else of all of the user. */
export function logoutContent(
  { value, format, nameQualifier, spNameQualifier }: NameId,
  session?: string,
): string {
  const name = {
    ...(nameQualifier !== undefined && { NameQualifier: nameQualifier }),
    ...(spNameQualifier !== undefined && { SPNameQualifier: spNameQualifier }),
    ...(format !== undefined && { Format: format }),
  }
  const index = session === undefined ? '' : `<samlp:SessionIndex>${escapeXml(session)}</samlp:SessionIndex>`
  return `<saml:NameID${written(name)}>${escapeXml(value)}</saml:NameID>${index}`
}

export const SUCCEEDED = `<samlp:Status><samlp:StatusCode Value="${SUCCESS}"/></samlp:Status>`
