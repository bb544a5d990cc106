import { Secret } from '@portcullis/kernel/secret'
import { describe, expect, it } from 'vitest'
import { openAssertions } from './assertions.ts'
import { makeSigner, writeAssertion } from './fixture/idp.ts'
import { ada, demands, IDP, inResponse } from './fixture/scene.ts'

describe('a message of ours', () => {
  const { sign, verifyResponse } = openAssertions()

  it.each(['rsa:2048', 'ec'] as const)(
    'is signed as a whole, so that others can verify it: %s',
    async (kind) => {
      const { key, certificate } = makeSigner(kind)
      const xml = sign(inResponse(writeAssertion(ada)), { key: new Secret(key), certificate })
      const issuers = [{ name: IDP, certificates: [certificate] }]
      const { subject } = await verifyResponse(xml, demands({ issuers, mustBeSigned: true } as never))
      expect(subject).toEqual(ada.subject)
      expect(xml).toContain('<ds:X509Certificate>')
      const changed = xml.replace('ada@', 'eve@')
      await expect(verifyResponse(changed, demands({ issuers }))).rejects.toThrow('does not hold')
    },
  )

  it('is not signed by a key that is too short', () => {
    const { key, certificate } = makeSigner('rsa:1024')
    expect(() => sign(inResponse(''), { key: new Secret(key), certificate })).toThrow(TypeError)
  })
})
