import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { makeSigner } from '@portcullis/saml/fixture/idp'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser, type Visit } from '../../test-browser.ts'
import { openShop } from '../../test-shop.ts'
import { declareProvider } from '../fixture/declare-provider.ts'
import { onwards } from '../fixture/second-provider.ts'
import { type SamlProvider, startSamlProvider } from './fixture/start-provider.ts'

const own = makeSigner()
const keyPair = { key: 'saml-key', certificate: own.certificate }
const zoe = {
  nameId: 'z-1',
  attributes: { displayName: ['Zoe'], mail: ['zoe@corp.example'], groups: ['buyers'] },
}

let shop: Awaited<ReturnType<typeof openShop>>
let corp: SamlProvider

beforeAll(async () => {
  shop = await openShop({ vault: openMemoryVault({ 'saml-key': own.key }) })
  corp = await startSamlProvider({
    metadataUrl: () => `${shop.world.issuer()}/upstream/corp/metadata`,
    encrypts: true,
    wantsSigned: true,
  })
})
afterAll(async () => {
  await corp?.close()
  await shop?.world.close()
})

const declare = (changes: object = {}) =>
  declareProvider(shop.world, 'corp', {
    type: 'saml',
    title: 'Corp',
    issuer: corp.issuer,
    certificates: [corp.certificate],
    signIn: { url: `${corp.url}/sso` },
    signingKey: keyPair,
    decryptionKeys: [keyPair],
    encrypted: true,
    roles: { buyers: ['warehouse_buyer'] },
    tokenClaims: { address: '/mail/0' },
    ...changes,
  })

/** From the app to the provider, up to the page there on which one presses a button. */
async function goThere(ours: TestBrowser, theirs: TestBrowser): Promise<Visit> {
  const page = await ours.open(shop.request({ identity_provider: 'corp' }))
  const posted = /<form method="post" action="([^"]+\/sso)"/.exec(page.html)
  return posted === null ? theirs.open(onwards(page)) : theirs.submit(page, {})
}

describe('signing in with a SAML identity provider', () => {
  it.each(['redirect', 'post'] as const)('ends in tokens that tell what it said: by %s', async (binding) => {
    await declare({ signIn: { binding, url: `${corp.url}/sso` } })
    corp.seat(zoe)
    const [ours, theirs] = [new TestBrowser(), new TestBrowser()]
    const there = await goThere(ours, theirs)
    const consent = await ours.submit(there, {})
    expect(consent.html).toContain('Allow')
    const done = await ours.submit(consent, { decision: 'allow' })
    const { body } = await shop.redeem(done.away?.searchParams.get('code') ?? '')
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      sub: expect.stringMatching(/^corp-/),
      idp: 'corp',
      roles: ['warehouse_buyer'],
      address: 'zoe@corp.example',
    })
  })

  it('is bound to the browser in which it began, and taken once', async () => {
    await declare()
    corp.seat(zoe)
    const [ours, theirs] = [new TestBrowser(), new TestBrowser()]
    const there = await goThere(ours, theirs)
    const elsewhere = await new TestBrowser().submit(there, {})
    expect([elsewhere.status, elsewhere.away]).toEqual([400, undefined])
    expect((await ours.submit(there, {})).status).toBe(400)
  })

  it('is refused with an answer to the request of another sign-in', async () => {
    await declare()
    corp.seat(zoe)
    const [mine, another] = [new TestBrowser(), new TestBrowser()]
    const stateOf = (page: Visit): string => /name="RelayState" value="([^"]+)"/.exec(page.html)?.[1] ?? ''
    const victim = stateOf(await goThere(mine, new TestBrowser()))
    const attacker = await goThere(another, new TestBrowser())
    const injected = await mine.submit(attacker, { RelayState: victim })
    expect(injected.status).toBe(403)
  })

  it('begins anew at the app where an answer comes that nobody asked for, and only where that is declared', async () => {
    await declare()
    const callback = `${shop.world.issuer()}/upstream/corp/callback`
    const form = () => new URLSearchParams({ SAMLResponse: 'PHg+', RelayState: 'anything' })
    expect((await new TestBrowser().open(callback, form())).status).toBe(400)
    await declare({ unasked: 'https://shop.example/start' })
    const visit = await new TestBrowser().open(callback, form())
    expect(visit.away?.href).toBe('https://shop.example/start')
    expect((await new TestBrowser().open(callback, new URLSearchParams())).away?.href).toBe(
      'https://shop.example/start',
    )
  })

  it('is registered there by what we tell of ourselves', async () => {
    await declare({ entityId: 'urn:hmart' })
    const answer = await fetch(`${shop.world.issuer()}/upstream/corp/metadata`)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/samlmetadata+xml'])
    const metadata = await answer.text()
    for (const part of [
      'entityID="urn:hmart"',
      `Location="${shop.world.issuer()}/upstream/corp/callback"`,
      'AuthnRequestsSigned="true"',
      'use="encryption"',
    ])
      expect(metadata).toContain(part)
    expect((await fetch(`${shop.world.issuer()}/upstream/nobody/metadata`)).status).toBe(404)
  })
})
