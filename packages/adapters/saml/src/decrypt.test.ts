import { Secret } from '@portcullis/kernel/secret'
import { describe, expect, it } from 'vitest'
import { encryptAssertion, writeAssertion } from './fixture/idp.ts'
import {
  ADA,
  ada,
  alone,
  answered,
  inResponse,
  signed,
  signedResponse,
  stranger,
  us,
} from './fixture/scene.ts'

describe('an encrypted assertion', () => {
  it('is opened with our key, and then must be signed like any other', async () => {
    expect(await alone(encryptAssertion(signed(), us.certificate))).toBe(ADA)
    expect(await answered(inResponse(encryptAssertion(signed(), us.certificate)))).toBe(ADA)
    expect(await answered(signedResponse(encryptAssertion(writeAssertion(ada), us.certificate)))).toBe(ADA)
    expect(await alone(encryptAssertion(writeAssertion(ada), us.certificate))).toBe(
      'refused: it is not signed',
    )
    expect(await answered(inResponse(encryptAssertion(writeAssertion(ada), us.certificate)))).toBe(
      'refused: it is not signed',
    )
    expect(await alone(encryptAssertion(signed(), us.certificate), { mustBeEncrypted: true })).toBe(ADA)
  })

  it('is opened by any of our keys while they change, and by nobody without them', async () => {
    const xml = encryptAssertion(signed(), us.certificate)
    const keys = [new Secret(stranger.key), new Secret(us.key)]
    expect(await alone(xml, { decryptionKeys: keys })).toBe(ADA)
    for (const decryptionKeys of [[], [new Secret(stranger.key)]])
      expect(await alone(xml, { decryptionKeys })).toMatch(/^refused: /)
  })

  const MGF = (hash: string) =>
    `<x:MGF xmlns:x="http://www.w3.org/2009/xmlenc11#" Algorithm="http://www.w3.org/2009/xmlenc11#mgf1${hash}"/>`
  const DIGEST =
    '<d:DigestMethod xmlns:d="http://www.w3.org/2000/09/xmldsig#" Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/>'
  it('takes RSA-OAEP with SHA-256 as well, where it says so of both its hashes', async () => {
    const transport = 'http://www.w3.org/2009/xmlenc11#rsa-oaep'
    const encrypt = (parameters: string) =>
      encryptAssertion(signed(), us.certificate, { transport, parameters, oaepHash: 'sha256' })
    expect(await alone(encrypt(DIGEST + MGF('sha256')))).toBe(ADA)
    expect(await alone(encrypt(DIGEST))).toMatch(/^refused: /)
  })

  it.each([
    ['AES-CBC', { content: 'http://www.w3.org/2001/04/xmlenc#aes256-cbc' }],
    ['another length of the key', { content: 'http://www.w3.org/2009/xmlenc11#aes128-gcm' }],
    ['PKCS #1 v1.5', { transport: 'http://www.w3.org/2001/04/xmlenc#rsa-1_5' }],
  ])('with %s is refused', async (_, choice) => {
    expect(await alone(encryptAssertion(signed(), us.certificate, choice))).toMatch(/^refused: /)
  })

  it('that was changed tells no more than that it can not be decrypted', async () => {
    const xml = encryptAssertion(signed(), us.certificate)
    const values = [...xml.matchAll(/<xenc:CipherValue>/g)].map(({ index }) => index + 30)
    const reasons = values.map((at) =>
      alone(xml.slice(0, at) + (xml[at] === 'A' ? 'B' : 'A') + xml.slice(at + 1)),
    )
    expect(new Set(await Promise.all(reasons))).toEqual(new Set(['refused: it can not be decrypted']))
  })
})
