import { passkeys } from '@portcullis/model/collection'
import { acrs } from '@portcullis/oauth/sign-in/acr'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestBrowser, type Visit } from '../../test-browser.ts'
import { PASSWORD } from '../../test-kit.ts'
import { openShop, type Shop } from '../../test-shop.ts'
import { type AuthenticatorChanges, TestAuthenticator } from './fixture/authenticator.ts'

let shop: Shop
let origin: string

beforeEach(async () => {
  shop = await openShop()
  origin = shop.world.url
})
afterEach(() => shop.world.close())

const optionsOf = (page: Visit): string =>
  (/data-options="([^"]*)"/.exec(page.html)?.[1] ?? '').replaceAll('&quot;', '"')

const security = () => `${shop.world.issuer()}/account/security`

interface Person {
  readonly user?: string
  readonly password?: string
  /** With which they prove who they are, where that is asked for. */
  readonly key?: TestAuthenticator
}

async function openSecurity(
  browser: TestBrowser,
  { user = 'ada', password = PASSWORD, key }: Person = {},
): Promise<Visit> {
  let page = await browser.open(security())
  if (page.html.includes('Sign in to continue'))
    page = await browser.submit(page, { user, password, decision: 'sign-in' })
  if (key !== undefined && page.html.includes('Use your passkey'))
    page = await browser.submit(page, { credential: key.get(optionsOf(page)) })
  return page
}

async function enrol(
  browser: TestBrowser,
  key: TestAuthenticator,
  name = 'Yubi',
  changes: AuthenticatorChanges = {},
  person: Person = {},
) {
  const asked = await browser.submit(await openSecurity(browser, person), { decision: 'add' }, '/passkeys')
  const credential = key.create(optionsOf(asked), changes)
  return browser.submit(asked, { credential, name }, '/passkeys')
}

async function askForPasskey(browser: TestBrowser): Promise<Visit> {
  return browser.submit(await browser.open(shop.request()), { decision: 'passkey' })
}

async function claimsAfter(browser: TestBrowser, page: Visit) {
  const done = page.away === undefined ? await browser.submit(page, { decision: 'allow' }) : page
  const { body } = await shop.redeem(done.away?.searchParams.get('code') ?? '')
  return decodeJwt(String(body.access_token))
}

describe('a passkey', () => {
  it('is added on the account page, and signs in without a password', async () => {
    const key = new TestAuthenticator(origin)
    const kept = await enrol(new TestBrowser(), key)
    expect(kept.html).toContain('You can sign in with that passkey now')
    expect(kept.html).toContain('value="Yubi"')
    const browser = new TestBrowser()
    const page = await askForPasskey(browser)
    const next = await browser.submit(page, { credential: key.get(optionsOf(page)) })
    const claims = await claimsAfter(browser, next)
    expect(claims).toMatchObject({ sub: 'ada', acr: acrs.multiFactor, amr: ['hwk', 'user', 'mfa'] })
    await expect
      .poll(() => shop.world.mail.sent.map(({ text }) => text).join())
      .toContain('A passkey was added')
  })

  it('is asked for after the password from then on, and may be proved there without knowing its owner', async () => {
    const key = new TestAuthenticator(origin)
    await enrol(new TestBrowser(), key)
    const browser = new TestBrowser()
    const page = await shop.signIn(browser)
    expect(page.html).toContain('Use your passkey')
    const next = await browser.submit(page, { credential: key.get(optionsOf(page), { verified: false }) })
    expect((await claimsAfter(browser, next)).amr).toEqual(['pwd', 'hwk', 'mfa'])
  })

  it.each<[string, (page: Visit, key: TestAuthenticator) => AuthenticatorChanges]>([
    ['for another origin', () => ({ origin: 'https://evil.example' })],
    ['for another relying party', () => ({ rpId: 'evil.example' })],
    ['for a challenge that is not ours', () => ({ challenge: Buffer.alloc(32).toString('base64url') })],
    ['whose owner was not verified', () => ({ verified: false })],
    ['for somebody else', () => ({ userHandle: Buffer.alloc(32).toString('base64url') })],
    ['that was made to enrol', () => ({ type: 'webauthn.create' })],
  ])('is refused %s', async (_, changesOf) => {
    const key = new TestAuthenticator(origin)
    await enrol(new TestBrowser(), key)
    const browser = new TestBrowser()
    const page = await askForPasskey(browser)
    const refused = await browser.submit(page, { credential: key.get(optionsOf(page), changesOf(page, key)) })
    expect(refused.status).toBe(422)
    expect(refused.html).toContain('That passkey is of no account here')
    const right = await browser.submit(refused, { credential: key.get(optionsOf(refused)) })
    expect(right.html).toContain('Allow')
  })

  it('answers a challenge once, in the sign-in for which it was made', async () => {
    const key = new TestAuthenticator(origin)
    await enrol(new TestBrowser(), key)
    const [browser, other] = [new TestBrowser(), new TestBrowser()]
    const [page, otherPage] = [await askForPasskey(browser), await askForPasskey(other)]
    const credential = key.get(optionsOf(page))
    expect((await other.submit(otherPage, { credential })).status).toBe(422)
    expect((await browser.submit(page, { credential })).html).toContain('Allow')
    const again = await askForPasskey(new TestBrowser())
    expect((await new TestBrowser().submit(again, { credential })).status).not.toBe(200)
  })

  it('whose counter does not go on is a copy, and refused', async () => {
    const key = new TestAuthenticator(origin)
    await enrol(new TestBrowser(), key)
    const browser = new TestBrowser()
    let page = await askForPasskey(browser)
    await browser.submit(page, { credential: key.get(optionsOf(page), { counter: 7 }) })
    const other = new TestBrowser()
    page = await askForPasskey(other)
    const copied = await other.submit(page, { credential: key.get(optionsOf(page), { counter: 7 }) })
    expect(copied.status).toBe(422)
  })

  it('of a user who is disabled signs nobody in', async () => {
    const key = new TestAuthenticator(origin)
    await enrol(new TestBrowser(), key)
    await shop.world.user('ada', true)
    const browser = new TestBrowser()
    const page = await askForPasskey(browser)
    expect((await browser.submit(page, { credential: key.get(optionsOf(page)) })).status).toBe(422)
  })

  it.each(['', '{}', '[]', 'null', '{"id":"x","response":{}}', '{"id":{}}', 'x'.repeat(5000)])(
    'is none: %j',
    async (credential) => {
      const browser = new TestBrowser()
      const page = await askForPasskey(browser)
      expect((await browser.submit(page, { credential })).status).toBe(422)
    },
  )
})

describe('passkeys on the account page', () => {
  it('are several, named, renamed and removed, and nobody else’s', async () => {
    const [one, two] = [new TestAuthenticator(origin), new TestAuthenticator(origin)]
    const browser = new TestBrowser()
    await enrol(browser, one, 'Phone')
    const page = await enrol(browser, two, 'Key <b>', {}, { key: one })
    expect(page.html).toContain('value="Key &lt;b&gt;"')
    const found = await shop.world.store.find(passkeys, 'hmart')
    const [phone, key] = ['Phone', 'Key <b>'].map(
      (name) => found.find(({ value }) => value.name === name)?.id ?? '',
    )
    const renamed = await browser.submit(
      page,
      { passkey: phone ?? '', name: 'Old phone', decision: 'rename' },
      '/passkeys',
    )
    expect(renamed.html).toContain('value="Old phone"')
    const grace = new TestBrowser()
    const theirs = await openSecurity(grace, { user: 'grace', password: 'another password' })
    const stolen = await grace.submit(theirs, { passkey: key ?? '', decision: 'remove' }, '/passkeys')
    expect(stolen.status).toBe(422)
    const removed = await browser.submit(renamed, { passkey: key ?? '', decision: 'remove' }, '/passkeys')
    expect(removed.html).not.toContain('Key &lt;b&gt;')
    expect(await shop.world.store.find(passkeys, 'hmart')).toHaveLength(1)
  })

  it('are not added for another origin, with a challenge of another session, or a second time', async () => {
    const key = new TestAuthenticator(origin)
    const browser = new TestBrowser()
    expect((await enrol(browser, key, 'Evil', { origin: 'https://evil.example' })).status).toBe(422)
    expect((await enrol(browser, key)).status).toBe(200)
    expect((await enrol(browser, key, 'Again', {}, { key })).status).toBe(422)
    const grace = new TestBrowser()
    const theirs = await openSecurity(grace, { user: 'grace', password: 'another password' })
    const asked = await grace.submit(theirs, { decision: 'add' }, '/passkeys')
    const ours = await browser.submit(await openSecurity(browser, { key }), { decision: 'add' }, '/passkeys')
    const credential = new TestAuthenticator(origin).create(optionsOf(ours))
    expect((await grace.submit(asked, { credential, name: 'x' }, '/passkeys')).status).toBe(422)
  })

  it('are changed only by who has signed in lately', async () => {
    const browser = new TestBrowser()
    const page = await openSecurity(browser)
    shop.world.clock.advance(11 * 60_000)
    const asked = await browser.submit(page, { decision: 'add' }, '/passkeys')
    expect(asked.html).toContain('Sign in to continue to your account')
  })
})
