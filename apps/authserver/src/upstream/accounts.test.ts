import { identityProviderSpec } from '@portcullis/model/resource/identity-provider/identity-provider'
import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryStore } from '@portcullis/ports/store/memory'
import { makeSigner } from '@portcullis/saml/fixture/idp'
import { expect, it } from 'vitest'
import { accountOf, accountOfSubject } from './accounts.ts'
import type { Provider } from './providers.ts'

const ISSUER = 'https://idp.example'

it('gives one account to somebody whom several requests bring for the first time at the same moment', async () => {
  const clock = manualClock()
  const parts = { store: openMemoryStore(clock), clock, organization: 'hmart' }
  const spec = identityProviderSpec.parse({
    type: 'saml',
    title: 'Corp',
    issuer: ISSUER,
    certificates: [makeSigner().certificate],
    signIn: { url: 'https://idp.example/sso' },
  })
  const provider: Pick<Provider, 'name' | 'spec'> = { name: 'corp', spec }
  const ada = { issuer: ISSUER, subject: 'z-1', groups: [], claims: {}, multiFactor: false }
  const found = await Promise.all([
    accountOf(parts, provider as Provider, ada),
    accountOf(parts, provider as Provider, ada),
    accountOfSubject(parts, provider as Provider, ada),
  ])
  const users = found.map((each) => (typeof each === 'object' ? each.user : each))
  expect(new Set(users)).toEqual(new Set([expect.stringMatching(/^corp-/)]))
})
