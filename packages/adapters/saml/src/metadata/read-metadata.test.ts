import { Secret } from '@portcullis/kernel/secret'
import { assertionsFaults } from '@portcullis/ports/assertions/port'
import { describe, expect, it } from 'vitest'
import { type MetadataFacts, makeSigner, writeIdpMetadata } from '../fixture/idp.ts'
import { hasXmlsec1, signByXmlsec1 } from '../fixture/xmlsec1.ts'
import { signMessage } from '../sign.ts'
import { durationMillis } from './duration.ts'
import { type MetadataDemands, readMetadata } from './read-metadata.ts'

const NOW = Date.UTC(2026, 0, 1, 12)
const ISSUER = 'https://idp.example/metadata'
const [old, next, federation] = [makeSigner(), makeSigner(), makeSigner()]
const write = (changes: Partial<MetadataFacts> = {}): string =>
  writeIdpMetadata({
    issuer: ISSUER,
    certificates: [old.certificate],
    signIn: 'https://idp.example/sso?a=1&b=2',
    ...changes,
  })
const sign = (xml: string, by = federation): string =>
  signMessage(xml, { key: new Secret(by.key), certificate: by.certificate })
const read = (xml: string, changes: Partial<MetadataDemands> = {}) =>
  readMetadata(xml, { issuer: ISSUER, now: NOW, skewMillis: 60_000, ...changes })
const refusalOf = (xml: string, changes: Partial<MetadataDemands> = {}): string => {
  try {
    read(xml, changes)
    return 'taken'
  } catch (thrown) {
    return assertionsFaults.refused.is(thrown) ? (thrown as Error).message : String(thrown)
  }
}
const withKey = { certificates: [federation.certificate] }
const inGroup = (inside: string): string =>
  `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_group">${inside}</md:EntitiesDescriptor>`

describe('metadata of an identity provider', () => {
  it('tell where users go, and all keys by which it signs while it changes them', () => {
    const told = read(
      write({ certificates: [old.certificate, next.certificate], signOut: 'https://idp.example/slo' }),
    )
    expect(told).toEqual({
      certificates: [old.certificate, next.certificate],
      signIn: { binding: 'redirect', url: 'https://idp.example/sso?a=1&b=2' },
      signOut: { binding: 'redirect', url: 'https://idp.example/slo' },
    })
    const both = write().replace('use="signing"', '')
    expect(read(`<?xml version="1.0"?><!-- ours -->${both}`).certificates).toHaveLength(1)
    const byForm = write().replace('HTTP-Redirect', 'HTTP-POST')
    expect(read(byForm).signIn.binding).toBe('post')
  })

  it('say until when they count and how long they are kept: the earliest and the shortest of all levels', () => {
    const timed = write({ validUntil: '2026-01-01T13:00:00Z', cacheDuration: 'PT1H' }).replace(
      '<md:IDPSSODescriptor ',
      '<md:IDPSSODescriptor validUntil="2026-01-01T12:30:00Z" cacheDuration="PT30M" ',
    )
    expect(read(timed)).toMatchObject({
      validUntil: Date.UTC(2026, 0, 1, 12, 30),
      cacheMillis: 1_800_000,
    })
    expect(refusalOf(timed, { now: Date.UTC(2026, 0, 1, 12, 31) })).toBe('the metadata are over')
    expect(refusalOf(write({ validUntil: 'tomorrow' }))).toBe('a time in it is none')
    expect(refusalOf(write({ cacheDuration: 'PT' }))).toBe('a duration in it is none')
  })

  it('count as a whole where they are signed by who is trusted, and nothing that stands around', () => {
    const good = sign(write())
    expect(read(good, withKey).certificates).toEqual([old.certificate])
    expect(refusalOf(write(), withKey)).toBe('it is not signed')
    expect(refusalOf(sign(write(), next), withKey)).toBe('the signature does not hold')
    expect(refusalOf(good.replace('/sso', '/evil'), withKey)).toBe('the signature does not hold')
    const evil = write({ certificates: [next.certificate], signIn: 'https://evil.example/sso' })
    const signature = /<ds:Signature .*<\/ds:Signature>/s.exec(good)?.[0] ?? ''
    const wrapped = [
      inGroup(evil + good),
      inGroup(signature + evil),
      evil.replace('<md:IDPSSODescriptor', `${signature}<md:IDPSSODescriptor`),
      evil.replace('ID="_metadata"', 'ID="_evil"').replace('<md:IDPSSO', `${good}<md:IDPSSO`),
      evil
        .replace('ID="_metadata"', 'ID="_evil"')
        .replace(
          '<md:IDPSSO',
          `${signature.replace('</ds:Signature>', `${write()}</ds:Signature>`)}<md:IDPSSO`,
        ),
    ]
    for (const xml of wrapped) expect(refusalOf(xml, withKey)).not.toBe('taken')
  })

  it('of a group are those of the one that is meant', () => {
    const other = write({ issuer: 'https://other.example' }).replace('"_metadata"', '"_other"')
    const group = inGroup(other + write())
    expect(read(sign(group), withKey).signIn.url).toContain('idp.example')
    expect(refusalOf(inGroup(other))).toBe('the metadata are of somebody else')
    expect(refusalOf(inGroup(write() + write().replace('"_metadata"', '"_b"')))).toContain('twice')
  })

  it.each<[string, (xml: string) => string]>([
    ['a document type', (xml) => `<!DOCTYPE a [<!ENTITY e "x">]>${xml}`],
    ['more than is read', (xml) => xml.replace('<md:IDPSSO', `${' '.repeat(300_000)}<md:IDPSSO`)],
    ['no certificate', (xml) => xml.replace(/<md:KeyDescriptor.*<\/md:KeyDescriptor>/, '')],
    ['keys to encrypt alone', (xml) => xml.replace('use="signing"', 'use="encryption"')],
    [
      'a certificate that is none',
      (xml) => xml.replace(/<ds:X509Certificate>[^<]{20}/, '<ds:X509Certificate>'),
    ],
    ['no place to sign in', (xml) => xml.replace(/<md:SingleSignOnService[^>]*>/, '')],
    [
      'a script as place to sign in',
      (xml) => xml.replace(/Location="[^"]*"/, 'Location="javascript:alert(1)"'),
    ],
    ['another protocol', (xml) => xml.replace('SAML:2.0:protocol"', 'SAML:1.1:protocol"')],
    ['a service provider', (xml) => xml.replaceAll('IDPSSODescriptor', 'SPSSODescriptor')],
    ['another entity', (xml) => xml.replace(ISSUER, `${ISSUER}2`)],
  ])('with %s are refused', (_, change) => {
    expect(change(write())).not.toBe(write())
    expect(refusalOf(change(write()))).not.toBe('taken')
  })

  it.skipIf(!hasXmlsec1)('signed by another program are read (left out where there is no xmlsec1)', () => {
    const element = 'urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor'
    const xml = signByXmlsec1(write(), '_metadata', federation, 'rsa-sha256', element)
    expect(read(xml, withKey).certificates).toEqual([old.certificate])
  })
})

it('a duration is as long as it is at least', () => {
  expect(['PT1H', 'P1D', 'PT1.5S', 'P1DT2H3M4S', 'P1M'].map(durationMillis)).toEqual([
    3_600_000, 86_400_000, 1_000, 93_784_000, 2_419_200_000,
  ])
  for (const text of ['', 'P', 'PT', 'P1DT', '-PT1H', '1h', 'PT1S1H'])
    expect(() => durationMillis(text)).toThrow('a duration in it is none')
})
