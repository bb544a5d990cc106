import { inflateRawSync } from 'node:zlib'
import { identityProviderSpec } from '@portcullis/model/resource/identity-provider/identity-provider'
import type { SamlProviderSpec } from '@portcullis/model/resource/identity-provider/saml'
import { manualClock } from '@portcullis/ports/clock/memory'
import { openMemoryIdentities } from '@portcullis/ports/identities/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { openMemoryStore } from '@portcullis/ports/store/memory'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { openMemoryWeb } from '@portcullis/ports/web/memory'
import { openAssertions } from '@portcullis/saml/assertions'
import { makeSigner } from '@portcullis/saml/fixture/idp'
import { hasXmlsec1, verifiesByXmlsec1 } from '@portcullis/saml/fixture/xmlsec1'
import { describe, expect, it } from 'vitest'
import { openUpstream } from '../catalog.ts'
import { upstreamFaults } from '../fault.ts'
import type { BrowserUpstream, SignInDemand, UpstreamAnswer } from '../upstream.ts'
import { openTestIdp, type TestPerson } from './fixture/idp.ts'

const CALLBACK = new URL('https://auth.example/hmart/upstream/corp/callback')
const own = makeSigner()
const keyPair = { key: 'saml-key', certificate: own.certificate }
const ada: TestPerson = {
  nameId: 'a-17',
  attributes: { displayName: ['Ada <L>'], mail: ['ada@corp.example'], groups: ['staff', 'leads'] },
}
const ANY: SignInDemand = { again: false, multiFactor: false, maxAgeSeconds: 3600, isAsked: false }
const idps = {
  plain: openTestIdp(),
  signed: openTestIdp({ wantsSigned: true }),
  encrypted: openTestIdp({ encrypts: true }),
}

function world(changes: object = {}, idp: ReturnType<typeof openTestIdp> = idps.plain) {
  const spec = identityProviderSpec.parse({
    type: 'saml',
    title: 'Corp',
    issuer: idp.issuer,
    certificates: [idp.certificate],
    signIn: { url: `${idp.url}/sso` },
    ...changes,
  }) as SamlProviderSpec
  const clock = manualClock(Date.now())
  const ports = {
    clock,
    web: openMemoryWeb({}),
    identities: openMemoryIdentities({}),
    vault: openMemoryVault({ 'saml-key': own.key }),
    assertions: openAssertions(),
    store: openMemoryStore(clock),
    log: collectingLog(),
  }
  const upstream = openUpstream(spec, ports, { organization: 'hmart', name: 'corp' }) as BrowserUpstream

  /** Begins a sign-in, has the provider answer, and gives that back. */
  async function through(person: TestPerson = ada, demand: SignInDemand = ANY) {
    const beginning = await upstream.begin({ state: 'the-state', callback: CALLBACK, demand })
    const [binding, message] =
      'location' in beginning
        ? (['redirect', Object.fromEntries(beginning.location.searchParams)] as const)
        : (['post', beginning.fields] as const)
    const { SAMLResponse, asked } = await idp.answer(
      binding,
      message,
      (await upstream.metadata?.(CALLBACK))?.text ?? '',
      person,
    )
    const answer: UpstreamAnswer = {
      state: 'the-state',
      callback: CALLBACK,
      kept: beginning.kept,
      parameters: new Map([
        ['SAMLResponse', SAMLResponse],
        ['RelayState', 'the-state'],
      ]),
    }
    return { beginning, message, asked, answer }
  }
  const signIn = async (person?: TestPerson, demand?: SignInDemand) =>
    upstream.finish((await through(person, demand)).answer)
  const isRefused = async (answer: UpstreamAnswer): Promise<boolean> =>
    upstream.finish(answer).then(
      () => false,
      (thrown) => upstreamFaults.refused.is(thrown),
    )
  return { spec, clock, upstream, through, signIn, isRefused }
}

describe('a SAML identity provider that another library makes', () => {
  it.each<[string, object, keyof typeof idps]>([
    ['by a redirect, unsigned', {}, 'plain'],
    ['by a form, unsigned', { signIn: { binding: 'post', url: 'https://idp.example/sso' } }, 'plain'],
    ['by a redirect, signed', { signingKey: keyPair }, 'signed'],
    [
      'by a form, signed',
      { signingKey: keyPair, signIn: { binding: 'post', url: 'https://idp.example/sso' } },
      'signed',
    ],
    ['with an encrypted answer', { decryptionKeys: [keyPair], encrypted: true }, 'encrypted'],
  ])('signs users in that are sent there %s', async (_, changes, idp) => {
    const identity = await world(changes, idps[idp]).signIn()
    expect(identity).toMatchObject({
      issuer: 'https://idp.example/metadata',
      subject: 'a-17',
      name: 'Ada <L>',
      mail: { address: 'ada@corp.example', verified: false },
      groups: ['staff', 'leads'],
      multiFactor: false,
      session: { id: '_session' },
    })
    expect(identity.claims.mail).toEqual(['ada@corp.example'])
  })

  it('is asked for what the app asks of the sign-in', async () => {
    const { through } = world({
      multiFactorContext: 'urn:mfa',
      nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    })
    const { message, asked } = await through(ada, { ...ANY, again: true, multiFactor: true })
    const xml = inflateRawSync(Buffer.from(String(message.SAMLRequest), 'base64')).toString()
    for (const part of [
      'ForceAuthn="true"',
      '<saml:AuthnContextClassRef>urn:mfa<',
      ':nameid-format:persistent"',
    ])
      expect(xml).toContain(part)
    expect(message.RelayState).toBe('the-state')
    expect(asked).toMatchObject({ issuer: CALLBACK.href })
  })

  it('is believed what it says of how the user signed in, and when', async () => {
    const { signIn } = world({ multiFactorContext: 'urn:mfa' })
    expect((await signIn({ ...ada, contextClass: 'urn:mfa' })).multiFactor).toBe(true)
    expect((await signIn()).multiFactor).toBe(false)
    const old = { ...ada, signedInAt: Date.now() - 600_000 }
    expect((await signIn(old)).authenticatedAt).toBe(Math.floor(old.signedInAt / 1000))
  })

  it('is refused an answer to another request, to none, for another callback, or twice the same place', async () => {
    const { through, isRefused } = world()
    const { answer } = await through()
    const { answer: other } = await through()
    expect(await isRefused({ ...answer, kept: other.kept })).toBe(true)
    expect(await isRefused({ ...answer, kept: {} })).toBe(true)
    expect(
      await isRefused({ ...answer, callback: new URL('https://auth.example/hmart/upstream/else/callback') }),
    ).toBe(true)
    expect(await isRefused({ ...answer, parameters: new Map() })).toBe(true)
    expect(await isRefused(answer)).toBe(false)
  })

  it('is refused what is late, by the clock here', async () => {
    const { clock, through, isRefused } = world()
    const { answer } = await through()
    clock.set(clock.now() + 359_000)
    expect(await isRefused(answer)).toBe(false)
    clock.set(clock.now() + 2_000)
    expect(await isRefused(answer)).toBe(true)
  })

  it('is refused where it is not encrypted or signed as was said, or by another key', async () => {
    for (const changes of [
      { encrypted: true, decryptionKeys: [keyPair] },
      { signedResponses: true },
      { certificates: [own.certificate] },
      { issuer: 'https://idp.example/other' },
      { entityId: 'urn:us' },
    ]) {
      const { through, upstream, isRefused, spec } = world(changes)
      expect(spec).toMatchObject(changes)
      expect(upstream.by).toBe('browser')
      if ('entityId' in changes) continue
      expect(await isRefused((await through()).answer)).toBe(true)
    }
  })

  it('cannot name users by names that change, nor by several', async () => {
    expect(() => world({ nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' })).toThrow()
    const { signIn } = world({ attributes: { subject: 'uid' } })
    const named = (uid: string[]) => signIn({ ...ada, attributes: { uid } })
    expect((await named(['u1'])).subject).toBe('u1')
    for (const uid of [[], ['u1', 'u2'], ['x'.repeat(255)]])
      await expect(named(uid)).rejects.toSatisfy(upstreamFaults.refused.is)
  })

  it.skipIf(!hasXmlsec1)(
    'is told of us in metadata that another program verifies (left out where there is no xmlsec1)',
    async () => {
      const { upstream } = world({ signingKey: keyPair, decryptionKeys: [keyPair] })
      const text = (await upstream.metadata?.(CALLBACK))?.text ?? ''
      const element = 'urn:oasis:names:tc:SAML:2.0:metadata:EntityDescriptor'
      expect(verifiesByXmlsec1(text, own.certificate, element)).toBe(true)
      expect(verifiesByXmlsec1(text.replace('/callback', '/evil'), own.certificate, element)).toBe(false)
      expect(verifiesByXmlsec1(text, idps.plain.certificate, element)).toBe(false)
      const signedOut = 'https://auth.example/hmart/upstream/corp/signed-out'
      for (const binding of ['HTTP-Redirect', 'HTTP-POST'])
        expect(text).toMatch(
          new RegExp(`SingleLogoutService Binding="[^"]*${binding}" Location="${signedOut}"`),
        )
      expect(text).toMatch(/use="signing".*use="encryption".*AssertionConsumerService/)
    },
  )

  it('cannot be asked where the vault has not our key', async () => {
    const { upstream } = world({ signingKey: { ...keyPair, key: 'missing' } })
    const beginning = upstream.begin({ state: 's', callback: CALLBACK, demand: ANY })
    await expect(beginning).rejects.toSatisfy(upstreamFaults.unavailable.is)
  })
})
