import { Secret } from '@portcullis/kernel/secret'
import { type AssertionDemands, assertionsFaults } from '@portcullis/ports/assertions/port'
import type { Statement } from '@portcullis/ports/assertions/statement'
import { beforeAll, describe, expect, it } from 'vitest'
import { openAssertions } from './assertions.ts'
import { makeSigner, type Signer, writeAssertion } from './fixture/idp.ts'
import { encryptByXmlsec1, hasXmlsec1, signByXmlsec1 } from './fixture/xmlsec1.ts'

const NOW = Date.UTC(2026, 0, 1, 12)
const said: Statement = {
  id: '_1',
  issuer: 'https://idp.example',
  issuedAt: NOW,
  subject: { value: 'Ada & Bob <ä\u{1F600}>' },
  confirmations: [
    { method: 'bearer', recipient: 'https://us.example/acs', notOnOrAfter: NOW + 300_000, certificates: [] },
  ],
  audiences: [['https://us.example']],
  oneTimeUse: false,
  attributes: { note: ['a\tb\r\nc "d" \'e\''] },
}

describe.skipIf(!hasXmlsec1)(
  'what another program signs and encrypts (left out where there is no xmlsec1)',
  () => {
    const { verify } = openAssertions()
    let rsa: Signer
    let ec: Signer
    beforeAll(() => {
      rsa = makeSigner()
      ec = makeSigner('ec')
    })
    const demands = (signer: Signer): AssertionDemands => ({
      issuers: [{ name: said.issuer, certificates: [signer.certificate] }],
      audiences: ['https://us.example'],
      recipients: ['https://us.example/acs'],
      now: NOW,
      skewMillis: 0,
      maxAgeMillis: 3_600_000,
      decryptionKeys: [new Secret(rsa.key)],
    })

    it.each(['rsa-sha256', 'rsa-sha512', 'ecdsa-sha256'] as const)(
      'is read to the letter: %s',
      async (method) => {
        const signer = method === 'ecdsa-sha256' ? ec : rsa
        const xml = signByXmlsec1(writeAssertion(said), said.id, signer, method)
        const { subject, attributes } = await verify(xml, demands(signer))
        expect([subject, attributes]).toEqual([said.subject, said.attributes])
        // With what stands around it, as three letters may also be part of the certificate in Base64.
        const forged = verify(xml.replace('>Ada &', '>Eve &'), demands(signer))
        await expect(forged).rejects.toSatisfy(assertionsFaults.refused.is)
        const other = verify(xml, demands(signer === rsa ? ec : rsa))
        await expect(other).rejects.toSatisfy(assertionsFaults.refused.is)
      },
    )

    it('is opened', async () => {
      const xml = encryptByXmlsec1(signByXmlsec1(writeAssertion(said), said.id, rsa), rsa.certificate)
      expect(xml).not.toContain('Ada &')
      expect((await verify(xml, { ...demands(rsa), mustBeEncrypted: true })).subject).toEqual(said.subject)
    })
  },
)
