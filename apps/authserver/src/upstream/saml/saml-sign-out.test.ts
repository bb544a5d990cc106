import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openMemoryVault } from '@portcullis/ports/vault/memory'
import { makeSigner, signedQuery, signRoot, writeTestLogoutRequest } from '@portcullis/saml/fixture/idp'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TestBrowser, type Visit } from '../../test-browser.ts'
import { CALLBACK, openShop } from '../../test-shop.ts'
import { declareProvider } from '../fixture/declare-provider.ts'
import { onwards } from '../fixture/second-provider.ts'
import { startSamlProvider } from './fixture/start-provider.ts'

const [own, stranger] = [makeSigner(), makeSigner()]
const BYE = 'https://shop.example/bye'
const shop = await openShop({ vault: openMemoryVault({ 'saml-key': own.key }), reachPrivate: true })
const corp = await startSamlProvider({
  metadataUrl: () => at('metadata'),
  logoutBindings: ['redirect', 'post'],
})
const told: string[] = []
const app = createServer((request, response) => {
  request.toArray().then(
    (pieces) => {
      told.push(new URLSearchParams(pieces.join('')).get('logout_token') ?? '')
      response.end()
    },
    () => response.destroy(),
  )
}).listen(0, '127.0.0.1')

const at = (endpoint: string): string => `${shop.world.issuer()}/upstream/corp/${endpoint}`
const declare = (changes: object = {}) =>
  declareProvider(shop.world, 'corp', {
    type: 'saml',
    title: 'Corp',
    issuer: corp.issuer,
    metadata: { url: corp.issuer },
    signingKey: { key: 'saml-key', certificate: own.certificate },
    ...changes,
  })

beforeAll(async () => {
  if (!app.listening) await once(app, 'listening')
  await shop.world.app('shop', {
    ...shop.codeGrants,
    redirectUris: [CALLBACK],
    signOutRedirectUris: [BYE],
    signOutUri: `http://127.0.0.1:${(app.address() as AddressInfo).port}/signed-out`,
  })
})
beforeEach(() => declare())
afterAll(async () => {
  app.close()
  await corp.close()
  await shop.world.close()
})

/** Somebody new who has signed in to the shop by way of the provider. */
async function signIn() {
  const person = { nameId: `n-${Math.random()}`, attributes: {} }
  corp.seat(person)
  const ours = new TestBrowser()
  const there = await new TestBrowser().open(
    onwards(await ours.open(shop.request({ identity_provider: 'corp', scope: 'openid list_items' }))),
  )
  const done = await ours.submit(await ours.submit(there, {}), { decision: 'allow' })
  const { body } = await shop.redeem(done.away?.searchParams.get('code') ?? '')
  return { person, ours, idToken: String(body.id_token), refreshToken: body.refresh_token }
}
const isSignedIn = async (browser: TestBrowser): Promise<boolean> => {
  const { away, html } = await browser.open(shop.request())
  return away !== undefined || html.includes('signed in as')
}
/** Signs out here, up to where the browser is sent then. */
async function signOutHere(browser: TestBrowser): Promise<Visit> {
  const query = new URLSearchParams({ client_id: 'shop', post_logout_redirect_uri: BYE, state: 's1' })
  const ask = await browser.open(`${shop.world.issuer()}/sign-out?${query}`)
  const action = /action="([^"]+)"/.exec(ask.html)?.[1] ?? ''
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(ask.html)?.[1] ?? ''
  return browser.open(action, new URLSearchParams({ xsrf, logout: 'yes' }))
}
const metadata = async (): Promise<string> => (await fetch(at('metadata'))).text()

describe('a sign-out at the identity provider', () => {
  it.each(['redirect', 'post'] as const)(
    'ends the session here, its tokens, and what apps remember, and is answered, signed: by %s',
    async (binding) => {
      if (binding === 'post')
        await declare({
          metadata: undefined,
          certificates: [corp.certificate],
          signIn: { url: `${corp.url}/sso` },
          signOut: { binding: 'post', url: `${corp.url}/slo` },
        })
      const { ours, person, refreshToken, idToken } = await signIn()
      told.length = 0
      const sent = corp.endSignIn(binding, await metadata(), person)
      const theirs = new TestBrowser()
      const form = new URLSearchParams({ SAMLRequest: sent.context, RelayState: 'their-state' })
      const answered =
        binding === 'redirect' ? await theirs.open(sent.context) : await theirs.open(at('signed-out'), form)
      expect(await isSignedIn(ours)).toBe(false)
      expect((await shop.refresh(refreshToken)).body.error).toBe('invalid_grant')
      expect(told.map((token) => decodeJwt(token).sid)).toEqual([decodeJwt(idToken).sid])
      const back =
        binding === 'redirect' ? await theirs.open(onwards(answered)) : await theirs.submit(answered, {})
      expect(back.html).toContain('You are signed out everywhere.')
      expect(corp.signedOut.at(-1)).toEqual(expect.any(String))
    },
  )

  it('ends the session alone where that is declared', async () => {
    await declare({ signOutEnds: 'session' })
    const { ours, person, refreshToken } = await signIn()
    await new TestBrowser().open(corp.endSignIn('redirect', await metadata(), person).context)
    expect(await isSignedIn(ours)).toBe(false)
    expect((await shop.refresh(refreshToken)).status).toBe(200)
  })

  it('ends the sign-in that it names, of whom it names, and no other', async () => {
    const { ours, person } = await signIn()
    const open = async (who: typeof person, session: string) =>
      new TestBrowser().open(corp.endSignIn('redirect', await metadata(), who, session).context)
    await open({ ...person, nameId: 'somebody-else' }, '_session')
    await open(person, '_another-session')
    expect(await isSignedIn(ours)).toBe(true)
    await open(person, '_session')
    expect(await isSignedIn(ours)).toBe(false)
  })

  it('counts once, signed by the provider, for us, and now', async () => {
    const { ours, person } = await signIn()
    const idp = { key: corp.key, certificate: corp.certificate }
    const write = (changes: object = {}): string =>
      writeTestLogoutRequest({
        id: `_${Math.random()}`,
        issuer: corp.issuer,
        destination: at('signed-out'),
        issuedAt: shop.world.clock.now(),
        name: person.nameId,
        ...changes,
      })
    const byQuery = (query: string) => new TestBrowser().open(`${at('signed-out')}?${query}`)
    const byForm = (xml: string) =>
      new TestBrowser().open(
        at('signed-out'),
        new URLSearchParams({ SAMLRequest: Buffer.from(xml).toString('base64') }),
      )
    const unsigned = signedQuery('SAMLRequest', write(), idp).replace(/&SigAlg.*/, '')
    const good = signRoot(write(), idp)
    const signature = /<ds:Signature .*<\/ds:Signature>/s.exec(good)?.[0] ?? ''
    const refused = await Promise.all([
      byQuery(unsigned),
      byForm(write()),
      byQuery(signedQuery('SAMLRequest', write(), stranger)),
      byForm(signRoot(write(), stranger)),
      byForm(signRoot(write({ destination: at('callback') }), idp)),
      byForm(signRoot(write({ issuer: 'https://else.example' }), idp)),
      byForm(signRoot(write({ issuedAt: shop.world.clock.now() - 400_000 }), idp)),
      byForm(write({ id: '_evil' }).replace('</saml:Issuer>', `</saml:Issuer>${signature}`)),
      byForm(write({ id: '_evil' }).replace('</saml:Issuer>', `</saml:Issuer>${good}`)),
    ])
    expect(refused.map(({ status, away }) => [status, away])).toEqual(refused.map(() => [403, undefined]))
    expect(await isSignedIn(ours)).toBe(true)
    const query = signedQuery('SAMLRequest', write({ name: 'nobody' }), idp)
    const answers = await Promise.all([byQuery(query), byQuery(query), byQuery(query)])
    expect(answers.filter(({ away }) => away !== undefined)).toHaveLength(1)
    expect((await byQuery(query)).status).toBe(403)
    await byForm(good)
    expect(await isSignedIn(ours)).toBe(false)
  })
})

describe('a sign-out here', () => {
  it('goes on to the provider, signed, comes back, and leads to the app', async () => {
    const { ours, person } = await signIn()
    const there = await new TestBrowser().open(onwards(await signOutHere(ours)))
    expect(corp.asked.at(-1)).toMatchObject({ issuer: at('callback'), nameID: person.nameId })
    const back = await ours.open(onwards(there))
    expect(back.away?.href).toBe(`${BYE}?state=s1`)
    expect(await isSignedIn(ours)).toBe(false)
    // Once.
    expect((await ours.open(onwards(there))).status).toBe(400)
    expect(shop.world.log.lines.filter(({ message }) => message.startsWith('no sign-out'))).toEqual([])
  })

  it('is over here whatever the answer, and one that is not the provider’s is written down', async () => {
    const { ours } = await signIn()
    const state = new URL(onwards(await signOutHere(ours))).searchParams.get('RelayState') ?? ''
    const forged = new URLSearchParams({ SAMLResponse: 'PHg+', RelayState: state })
    const back = await ours.open(at('signed-out'), forged)
    expect(back.away?.href).toBe(`${BYE}?state=s1`)
    const line = shop.world.log.lines.findLast(({ message }) => message.startsWith('no sign-out'))
    expect(line).toMatchObject({ level: 'warn', fields: { provider: 'corp' } })
    const unknown = new URLSearchParams({ SAMLResponse: 'PHg+', RelayState: 'unknown' })
    expect((await ours.open(at('signed-out'), unknown)).status).toBe(400)
  })

  it('ends here where the provider has no place for it, or we have no key', async () => {
    for (const changes of [
      { signingKey: undefined },
      { metadata: undefined, certificates: [corp.certificate], signIn: { url: `${corp.url}/sso` } },
    ]) {
      await declare(changes)
      const { ours } = await signIn()
      expect((await signOutHere(ours)).away?.href).toBe(`${BYE}?state=s1`)
      expect(await isSignedIn(ours)).toBe(false)
    }
  })
})
