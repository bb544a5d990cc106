import { assertionsContract } from '@portcullis/ports/assertions/contract'
import { describe, expect, it } from 'vitest'
import { openAssertions } from './assertions.ts'
import { makeSigner, type SignatureChoice, signRoot, writeAssertion } from './fixture/idp.ts'
import {
  ADA,
  ada,
  alone,
  answered,
  demands,
  IDP,
  idp,
  inResponse,
  signed,
  signedResponse,
  stranger,
} from './fixture/scene.ts'

assertionsContract('SAML, signed by xml-crypto', () => ({
  assertions: openAssertions(),
  issue: (said) => signed(said),
  response: (said) => {
    const inResponseTo = said.confirmations[0]?.inResponseTo
    return signedResponse(writeAssertion(said), { issuer: said.issuer, inResponseTo })
  },
  certificates: [idp.certificate],
}))

describe('a signature', () => {
  it.each<[string, SignatureChoice]>([
    ['RSA with SHA-512', { method: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512' }],
    ['RSA-PSS', { method: 'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1' }],
    ['a digest with SHA-512', { digest: 'http://www.w3.org/2001/04/xmlenc#sha512' }],
  ])('holds with %s', async (_, choice) => {
    expect(await alone(signed(ada, choice))).toBe(ADA)
  })

  it.each<[string, SignatureChoice]>([
    ['SHA-1', { method: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }],
    ['a digest with SHA-1', { digest: 'http://www.w3.org/2000/09/xmldsig#sha1' }],
    ['inclusive canonicalization', { canonicalization: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' }],
    [
      'comments in its canonical form',
      { canonicalization: 'http://www.w3.org/2001/10/xml-exc-c14n#WithComments' },
    ],
    ['no transform', { transforms: [] }],
    [
      'inclusive canonicalization of what is signed',
      {
        transforms: [
          'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
          'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
        ],
      },
    ],
  ])('with %s is refused', async (_, choice) => {
    const transforms =
      choice.transforms?.length === 0 ? ['http://www.w3.org/2001/10/xml-exc-c14n#'] : undefined
    const xml = signed(ada, { ...choice, ...(transforms && { transforms }) })
    expect(await alone(xml)).toMatch(/^refused: (the |it )/)
  })

  it('of somebody else is refused, whatever certificate it brings along', async () => {
    expect(await alone(signed(ada, {}, stranger))).toBe('refused: the signature does not hold')
    const both = { issuers: [{ name: IDP, certificates: [stranger.certificate, idp.certificate] }] }
    expect([await alone(signed(), both), await alone(signed(ada, {}, stranger), both)]).toEqual([ADA, ADA])
  })

  it('is over the whole of it, by its ID and nothing else', async () => {
    for (const uri of ['', '#_2', '_1', '#xpointer(/)'])
      expect(await alone(signed().replace('URI="#_1"', `URI="${uri}"`))).toBe(
        'refused: the signature is over another element',
      )
  })

  it('of a key that is too short is refused', async () => {
    const weak = makeSigner('rsa:1024')
    const issuers = [{ name: IDP, certificates: [weak.certificate] }]
    expect(await alone(signed(ada, {}, weak), { issuers })).toMatch(/no key for this kind/)
  })

  it('with the certificate taken for a shared secret is refused (HMAC confusion)', async () => {
    const xml = signed().replace(
      'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      'http://www.w3.org/2000/09/xmldsig#hmac-sha1',
    )
    expect(await alone(xml)).toMatch(/algorithm of the signature is not accepted/)
  })

  it.each<[string, (xml: string) => string]>([
    ['the name', (xml) => xml.replace('ada@', 'admin@')],
    ['an attribute', (xml) => xml.replace('>staff<', '>root<')],
    ['the audience', (xml) => xml.replace('https://us.example<', 'https://them.example<')],
    ['the ID', (xml) => xml.replaceAll('_1"', '_2"')],
    ['the reference alone', (xml) => xml.replace('URI="#_1"', 'URI=""')],
    ['the digest', (xml) => xml.replace(/<ds:DigestValue>./, '<ds:DigestValue>A')],
    ['the value', (xml) => xml.replace(/<ds:SignatureValue>.{8}/, '<ds:SignatureValue>AAAAAAAA')],
    [
      'a transform that an XSLT does',
      (xml) =>
        xml.replace(
          '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>',
          '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/>',
        ),
    ],
    ['a second reference', (xml) => xml.replace(/(<ds:Reference .*<\/ds:Reference>)/, '$1$1')],
    ['a second digest', (xml) => xml.replace(/(<ds:DigestValue>.*<\/ds:DigestValue>)/, '$1$1')],
    ['a second SignedInfo', (xml) => xml.replace(/(<ds:SignedInfo>.*<\/ds:SignedInfo>)/, '$1$1')],
    ['a second signature', (xml) => xml.replace(/(<ds:Signature .*<\/ds:Signature>)/, '$1$1')],
    ['no signature', (xml) => xml.replace(/<ds:Signature .*<\/ds:Signature>/, '')],
    ['a comment in the digest', (xml) => xml.replace('<ds:DigestValue>', '<ds:DigestValue><!--A-->')],
    [
      'a namespace that makes the canonical form empty',
      (xml) => xml.replace('<saml:Issuer>', '<saml:Issuer xmlns:void="../relative">'),
    ],
  ])('does not hold with %s changed', async (_, change) => {
    const xml = signed()
    expect(change(xml)).not.toBe(xml)
    expect(await alone(change(xml))).toMatch(/^refused: /)
  })

  it('holds for the assertion moved into another document that declares more', async () => {
    const xml = signed().replace('<saml:Assertion ', '<saml:Assertion xmlns:x="urn:x" ')
    expect(await alone(xml)).toBe(ADA)
  })
})

describe('what is read', () => {
  it('is one name, whatever a comment cuts it into', async () => {
    const whole = signed({ ...ada, subject: { value: 'admin@hmart.example.evil.example' } })
    const cut = whole.replace('hmart.example.evil', 'hmart.example<!-- -->.evil')
    // A canonical form leaves comments out, so the signature itself would hold.
    expect(await alone(cut)).toMatch(/^refused: it is no XML that we take/)
    const data = whole.replace('hmart.example.evil', 'hmart.example<![CDATA[]]>.evil')
    expect(await alone(data)).toMatch(/^(refused: |admin@hmart\.example\.evil\.example$)/)
  })

  it.each<[string, (xml: string) => string]>([
    ['a document type', (xml) => `<!DOCTYPE a>${xml}`],
    ['an entity', (xml) => `<!DOCTYPE a [<!ENTITY x "y">]>${xml}`],
    ['a processing instruction', (xml) => `<?x y?>${xml}`],
    [
      'depth',
      (xml) => xml.replace('<saml:Subject>', `${'<a>'.repeat(30)}${'</a>'.repeat(30)}<saml:Subject>`),
    ],
    ['size', (xml) => xml.replace('<saml:Subject>', `${' '.repeat(300_000)}<saml:Subject>`)],
    ['two roots', (xml) => xml + xml],
  ])('with %s is refused', async (_, change) => {
    expect(await alone(change(signed()))).toMatch(/^refused: it is no XML that we take/)
  })

  it.each<[string, (xml: string) => string]>([
    ['another version', (xml) => xml.replace('Version="2.0"', 'Version="1.1"')],
    ['a time that is none', (xml) => xml.replace('2026-01-01T12:00:00.000Z', '2026-13-01T12:00:00Z')],
    ['a time without a zone', (xml) => xml.replace('2026-01-01T12:00:00.000Z', '2026-01-01T12:00:00')],
    ['no subject', (xml) => xml.replace(/<saml:Subject>.*<\/saml:Subject>/, '')],
    ['two subjects', (xml) => xml.replace(/(<saml:Subject>.*<\/saml:Subject>)/, '$1$1')],
    ['no name', (xml) => xml.replace('ada@hmart.example', '')],
    ['an element in the name', (xml) => xml.replace('ada@hmart.example', 'ada@<saml:x/>hmart.example')],
    [
      'an issuer that is no entity',
      (xml) =>
        xml.replace(
          '<saml:Issuer>',
          '<saml:Issuer Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress">',
        ),
    ],
    [
      'a condition that nobody knows',
      (xml) => xml.replace('</saml:Conditions>', '<saml:Condition/></saml:Conditions>'),
    ],
    ['an encrypted name', (xml) => xml.replace(/<saml:NameID>.*<\/saml:NameID>/, '<saml:EncryptedID/>')],
  ])('with %s is refused, though signed', async (_, change) => {
    const xml = writeAssertion(ada)
    expect(change(xml)).not.toBe(xml)
    expect(await alone(signRoot(change(xml), idp))).toMatch(/^refused: /)
  })
})

describe('a response', () => {
  it('counts where itself or its assertion is signed, and all that is signed holds', async () => {
    expect(await answered(inResponse(signed()))).toBe(ADA)
    expect(await answered(signedResponse(writeAssertion(ada)))).toBe(ADA)
    expect(await answered(signedResponse(signed()))).toBe(ADA)
    expect(await answered(inResponse(writeAssertion(ada)))).toBe('refused: it is not signed')
    const tampered = signed().replace('ada@', 'admin@')
    expect(await answered(signedResponse(tampered))).toBe('refused: the signature does not hold')
    expect(await answered(inResponse(signed()), { mustBeSigned: true })).toMatch(
      /^refused: the response itself/,
    )
  })

  it('vouches for its own issuer alone', async () => {
    const other = 'https://other.example'
    const issuers = [...demands().issuers, { name: other, certificates: [stranger.certificate] }]
    const inside = writeAssertion({ ...ada, issuer: other })
    expect(await answered(signedResponse(inside), { issuers })).toMatch(
      /^refused: the response is of another/,
    )
  })

  it.each<[string, () => string]>([
    ['was sent to somebody else', () => inResponse(signed(), { destination: 'https://else.example' })],
    [
      'does not say where it was sent, and is signed',
      () => signedResponse(signed(), { destination: undefined }),
    ],
    ['says that it failed', () => inResponse(signed(), { status: 'Responder' })],
    ['answers what we did not ask', () => inResponse(signed(), { inResponseTo: '_x' })],
    ['is empty', () => signedResponse('')],
    ['has two assertions', () => signedResponse(signed() + signed({ ...ada, id: '_2' }))],
    ['is a request', () => inResponse(signed()).replaceAll('samlp:Response', 'samlp:AuthnRequest')],
  ])('that %s is refused', async (_, xml) => {
    expect(await answered(xml())).toMatch(/^refused: /)
  })
})
