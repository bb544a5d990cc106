import { X509Certificate } from 'node:crypto'
import { refused } from '@portcullis/ports/assertions/statement'
import { attributeOf, childrenOf, elementsOf, is, textOf, type XmlElement } from '@portcullis/xml/element'
import { readXml } from '@portcullis/xml/read-xml'
import { keysOf } from '../issuer-key.ts'
import { MESSAGE_LIMITS } from '../limit.ts'
import { DSIG, HTTP_POST, HTTP_REDIRECT, MD, SAMLP } from '../namespace.ts'
import { instant, required } from '../part.ts'
import { settleNow } from '../settle.ts'
import { readSigned, signatureOf } from '../signature.ts'
import { durationMillis } from './duration.ts'

/** Where messages go, and how they get there. */
export interface SamlEndpoint {
  readonly binding: 'redirect' | 'post'
  readonly url: string
  /** Where answers go, if that is elsewhere. */
  readonly responseUrl?: string
}

/** What an identity provider tells of itself (SAML Metadata §2.4.3). Times are milliseconds. */
export interface IdpMetadata {
  /** By which it signs, PEM: all of them count while it changes from one to the next. */
  readonly certificates: readonly string[]
  readonly signIn: SamlEndpoint
  readonly signOut?: SamlEndpoint
  /** Since the epoch: from then on it tells nothing any more. */
  readonly validUntil?: number
  /** How long it may be kept before somebody asks again. */
  readonly cacheMillis?: number
}

export interface MetadataDemands {
  /** The entity ID of the provider. */
  readonly issuer: string
  /** By which the document must be signed (PEM, any of them); where there are none, whoever brought it has vouched for it. */
  readonly certificates?: readonly string[]
  /** Milliseconds since the epoch, and how far clocks may be apart. */
  readonly now: number
  readonly skewMillis: number
}

/** As many as may be declared. */
const MOST_CERTIFICATES = 8

/**
 * Reads the metadata of an identity provider: of itself, or of a few, of which it is one. Of a document that must be signed only
 * what was signed is looked at.
 *
 * @throws assertions.refused
 */
export function readMetadata(xml: string, demands: MetadataDemands): IdpMetadata {
  return settleNow(() => {
    const given = readXml(xml, { ...MESSAGE_LIMITS, comments: 'ignored' })
    const { certificates, issuer } = demands
    const root =
      certificates === undefined || certificates.length === 0
        ? given
        : readSigned(xml, given, keysOf({ name: issuer, certificates })).root
    const around = is(root, MD, 'EntitiesDescriptor') ? [root] : []
    const entity = entityOf(root, issuer)
    const role = roleOf(entity)
    const levels = [...around, entity, role]
    const ends = levels.flatMap((each) => timeOf(each, 'validUntil', instant))
    if (ends.some((end) => demands.now >= end + demands.skewMillis)) throw refused('the metadata are over')
    const keep = levels.flatMap((each) => timeOf(each, 'cacheDuration', durationMillis))
    const signOut = endpointOf(role, 'SingleLogoutService')
    const signIn = endpointOf(role, 'SingleSignOnService')
    if (signIn === undefined) throw refused('the metadata name no place to sign in by redirect or by a form')
    return {
      certificates: certificatesOf(role),
      signIn,
      ...(signOut !== undefined && { signOut }),
      ...(ends.length > 0 && { validUntil: Math.min(...ends) }),
      ...(keep.length > 0 && { cacheMillis: Math.min(...keep) }),
    }
  })
}

/** The one entity of that name: the root, or right inside of a group. */
function entityOf(root: XmlElement, name: string): XmlElement {
  const all = is(root, MD, 'EntitiesDescriptor') ? childrenOf(root, MD, 'EntityDescriptor') : [root]
  const named = all.filter(
    (each) => is(each, MD, 'EntityDescriptor') && attributeOf(each, 'entityID') === name,
  )
  const [entity, ...others] = named
  if (entity === undefined) throw refused('the metadata are of somebody else')
  if (others.length > 0) throw refused('the metadata speak of the same entity twice')
  // Inside of a group the signature of an entity would be one over a part: that of the whole is what counts.
  if (entity !== root && signatureOf(entity) !== undefined && signatureOf(root) === undefined)
    throw refused('an entity is signed, and not the group in which it stands')
  return entity
}

function roleOf(entity: XmlElement): XmlElement {
  const speaks = (each: XmlElement): boolean =>
    (attributeOf(each, 'protocolSupportEnumeration') ?? '').split(/\s+/).includes(SAMLP)
  const [role, ...others] = childrenOf(entity, MD, 'IDPSSODescriptor').filter(speaks)
  if (role === undefined || others.length > 0)
    throw refused('the metadata tell of no identity provider of SAML 2.0, or of several')
  return role
}

function timeOf(element: XmlElement, name: string, read: (text: string) => number): number[] {
  const text = attributeOf(element, name)
  return text === undefined ? [] : [read(text)]
}

/** SAML Metadata §2.4.1.1: a key without a use is for both. */
function certificatesOf(role: XmlElement): string[] {
  const found = childrenOf(role, MD, 'KeyDescriptor')
    .filter((each) => (attributeOf(each, 'use') ?? 'signing') === 'signing')
    .flatMap((each) => childrenOf(each, DSIG, 'KeyInfo'))
    .flatMap((info) => childrenOf(info, DSIG, 'X509Data'))
    .flatMap((data) => childrenOf(data, DSIG, 'X509Certificate'))
    .map((each) => pemOf(textOf(each) ?? ''))
  const certificates = [...new Set(found)]
  if (certificates.length === 0) throw refused('the metadata have no certificate by which it signs')
  if (certificates.length > MOST_CERTIFICATES) throw refused('the metadata have too many certificates')
  return certificates
}

function pemOf(base64: string): string {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64')).toString()
  } catch (cause) {
    throw refused('a certificate of the metadata is none', cause)
  }
}

/** By redirect where that is offered: people are sent on without a button to press. */
function endpointOf(role: XmlElement, name: string): SamlEndpoint | undefined {
  const offered = elementsOf(role).filter((each) => is(each, MD, name))
  for (const [uri, binding] of [
    [HTTP_REDIRECT, 'redirect'],
    [HTTP_POST, 'post'],
  ] as const) {
    const found = offered.find((each) => attributeOf(each, 'Binding') === uri)
    if (found === undefined) continue
    const responseUrl = attributeOf(found, 'ResponseLocation')
    return {
      binding,
      url: addressOf(required(attributeOf(found, 'Location'), 'Location')),
      ...(responseUrl !== undefined && { responseUrl: addressOf(responseUrl) }),
    }
  }
  return undefined
}

function addressOf(text: string): string {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw refused('an address of the metadata is none')
  return text
}
