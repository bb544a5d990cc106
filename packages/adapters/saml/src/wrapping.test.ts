import { describe, expect, it } from 'vitest'
import { writeAssertion } from './fixture/idp.ts'
import { ADA, ada, alone, answered, inResponse, mallory, signed, signedResponse } from './fixture/scene.ts'

describe('signature wrapping (XSW)', () => {
  const SIGNATURE = /<ds:Signature .*?<\/ds:Signature>/
  const signatureIn = (xml: string): string => SIGNATURE.exec(xml)?.[0] ?? ''
  const unsigned = (xml: string): string => xml.replace(SIGNATURE, '')
  /** An assertion of the attacker, which carries the signature of another. */
  const evil = (signature = '', said = mallory): string =>
    writeAssertion(said).replace('</saml:Issuer>', `</saml:Issuer>${signature}`)
  const within = (signature: string, inside: string): string =>
    signature.replace('</ds:Signature>', `${inside}</ds:Signature>`)
  const asObject = (inside: string): string => `<ds:Object>${inside}</ds:Object>`

  it.each<[string, () => string]>([
    [
      '1: the signed response inside of the signature of another response',
      () => {
        const good = signedResponse(writeAssertion(ada))
        const signature = within(signatureIn(good), unsigned(good))
        return inResponse(evil(), { id: '_evil' }).replace('</saml:Issuer>', `</saml:Issuer>${signature}`)
      },
    ],
    [
      '2: the signed response beside its signature in another response',
      () => {
        const good = signedResponse(writeAssertion(ada))
        return inResponse(evil(), { id: '_evil' }).replace(
          '</saml:Issuer>',
          `</saml:Issuer>${unsigned(good)}${signatureIn(good)}`,
        )
      },
    ],
    ['3: another assertion before the signed one', () => inResponse(evil() + signed())],
    ['3 the other way round: another assertion behind the signed one', () => inResponse(signed() + evil())],
    [
      '4: the signed assertion inside of another',
      () => inResponse(evil().replace('</saml:Assertion>', `${signed()}</saml:Assertion>`)),
    ],
    [
      '5: the signature in another assertion, the signed one behind it',
      () => inResponse(evil(signatureIn(signed())) + unsigned(signed())),
    ],
    [
      '6: the signed assertion inside of its signature in another',
      () => inResponse(evil(within(signatureIn(signed()), unsigned(signed())))),
    ],
    [
      '7: another assertion among the extensions',
      () =>
        inResponse(signed()).replace(
          '<samlp:Status>',
          `<samlp:Extensions>${evil('', { ...mallory, id: '_1' })}</samlp:Extensions><samlp:Status>`,
        ),
    ],
    [
      '8: the signed assertion as an object of its signature in another',
      () => inResponse(evil(within(signatureIn(signed()), asObject(unsigned(signed()))))),
    ],
    [
      'the same ID: the signature in another assertion that is called like the signed one',
      () =>
        inResponse(
          evil(within(signatureIn(signed()), asObject(unsigned(signed()))), { ...mallory, id: '_1' }),
        ),
    ],
    [
      'the assertion of an advice',
      () =>
        inResponse(
          evil(signatureIn(signed())).replace(
            '</saml:Assertion>',
            `<saml:Advice>${unsigned(signed())}</saml:Advice></saml:Assertion>`,
          ),
        ),
    ],
  ])('%s', async (_, attack) => {
    const xml = attack()
    expect(await answered(xml)).not.toBe(mallory.subject.value)
    // What was signed and stands at its place may count, where the rest is but looked past; all others are refused.
    expect(await answered(xml)).toMatch(/^(refused: |ada@hmart\.example$)/)
  })

  it('of what came alone finds nothing but the root', async () => {
    const signature = signatureIn(signed())
    const attacks = [
      evil(signature),
      evil(within(signature, asObject(unsigned(signed())))),
      evil('').replace('</saml:Assertion>', `${signed()}</saml:Assertion>`),
      `<saml:Advice xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${signed()}</saml:Advice>`,
      signedResponse(writeAssertion(ada)),
    ]
    for (const attack of attacks) expect(await alone(attack)).toMatch(/^refused: /)
  })

  it('with two elements of one ID is refused, however the attribute is spelt', async () => {
    const good = signedResponse(signed())
    expect(await answered(good)).toBe(ADA)
    for (const name of ['ID', 'Id', 'id', 'xml:id']) {
      const twice = good.replace('<samlp:Status>', `<samlp:Status ${name}="_response">`)
      expect(await answered(twice)).toBe('refused: two elements have the same ID')
    }
  })
})
