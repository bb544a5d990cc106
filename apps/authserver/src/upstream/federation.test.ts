import { linkIdOf } from '@portcullis/oauth/sign-in/account-link'
import { removeFederatedUser, unlinkAccount } from '@portcullis/oauth/sign-in/federated-accounts'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { TestAuthenticator } from '../second-factor/passkey/fixture/authenticator.ts'
import { TestBrowser, type Visit } from '../test-browser.ts'
import { PASSWORD } from '../test-kit.ts'
import { CALLBACK } from '../test-shop.ts'
import { federatedSessions } from './collection.ts'
import { useFederatedShop } from './fixture/federated-shop.ts'
import { onwards } from './fixture/second-provider.ts'

const { shop, second, declare, newPerson } = await useFederatedShop()
const optionsOf = (page: Visit): string =>
  (/data-options="([^"]*)"/.exec(page.html)?.[1] ?? '').replaceAll('&quot;', '"')

describe('with whom a user signs in', () => {
  const plain = () => new TestBrowser().open(shop.request())

  it('is offered on the page, beside our own name and password', async () => {
    const page = await plain()
    expect(page.html).toContain('type="password"')
    const href = /href="([^"]+\?provider=head-office)"/.exec(page.html)?.[1] ?? ''
    expect(href).not.toBe('')
    const person = newPerson()
    const own = await person.ours.open(shop.request())
    const link = /href="([^"]+\?provider=head-office)"/.exec(own.html)?.[1] ?? ''
    expect(onwards(await person.ours.open(new URL(link, own.url).href))).toContain(`${second.url}/auth?`)
  })

  it('is found by the mail address: the name is asked for first, and no password is sent anywhere', async () => {
    await declare({ mailDomains: ['office.example'] })
    const person = newPerson()
    const page = await person.ours.open(shop.request())
    expect(page.html).not.toContain('type="password"')
    const there = await person.ours.submit(page, { user: 'Zoe@Office.example', decision: 'next' })
    expect(there.headers.get('content-security-policy')).toContain("form-action 'self'")
    expect(new URL(onwards(there)).searchParams.get('login_hint')).toBe('Zoe@Office.example')
    const here = await person.ours.submit(page, { user: 'ada', decision: 'next' })
    expect(here.html).toMatch(/value="ada"[\s\S]+type="password"/)
    expect(
      (await person.ours.submit(here, { user: 'ada', password: PASSWORD, decision: 'sign-in' })).html,
    ).toContain('Allow')
  })

  it('is known from what the app says: its hints, or that its users sign in nowhere else', async () => {
    await declare({ mailDomains: ['office.example'] })
    const hinted = await new TestBrowser().open(shop.request({ login_hint: 'zoe@office.example' }))
    expect(onwards(hinted)).toContain(`${second.url}/auth?`)
    await shop.world.app('shop', {
      ...shop.codeGrants,
      redirectUris: [CALLBACK],
      identityProviders: ['head-office'],
    })
    expect(onwards(await plain())).toContain(`${second.url}/auth?`)
    await declare({}, 'keyed')
    const unknown = await new TestBrowser().open(shop.request({ identity_provider: 'keyed' }))
    expect(onwards(unknown)).toContain('client_id=portcullis')
    expect(onwards(unknown)).toContain(encodeURIComponent('/upstream/head-office/callback'))
  })

  it('leaves no way in by password to an app whose users sign in elsewhere', async () => {
    await declare({}, 'keyed')
    await shop.world.app('shop', {
      ...shop.codeGrants,
      redirectUris: [CALLBACK],
      identityProviders: ['head-office', 'keyed'],
    })
    const browser = new TestBrowser()
    const page = await browser.open(shop.request())
    expect(page.html).not.toContain('type="password"')
    const forced = await browser.submit(page, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
    expect(forced.status).toBe(422)
  })
})

describe('whose account it is', () => {
  it('is never found by a mail address, unless the provider decides about its domain', async () => {
    const { world } = shop
    await world.apply({
      kind: 'User',
      organization: 'hmart',
      name: 'grace',
      spec: { title: 'Grace', email: 'grace@office.example', disabled: false },
    })
    const grace = { name: 'Grace', email: 'Grace@office.example', email_verified: true }
    await declare({ authoritativeFor: ['office.example'] })
    second.seat({ sub: 'g-2', ...grace, email_verified: false })
    expect((await newPerson().obtainTokens()).claims.sub).toMatch(/^head-office-/)
    second.seat({ sub: 'g-3', ...grace, email: 'grace@office.example.evil.example' })
    expect((await newPerson().obtainTokens()).claims.sub).toMatch(/^head-office-/)
    second.seat({ sub: 'g-4', ...grace })
    expect((await newPerson().obtainTokens()).claims.sub).toBe('grace')
    await declare()
    second.seat({ sub: 'g-5', ...grace })
    expect((await newPerson().obtainTokens()).claims.sub).toMatch(/^head-office-/)
    // Now two have that address, and nobody can say which of them it is.
    await declare({ authoritativeFor: ['office.example'] })
    second.seat({ sub: 'g-6', ...grace })
    expect((await newPerson().obtainTokens()).claims.sub).toMatch(/^head-office-/)
  })

  it('is proved by signing in to both, where accounts are linked', async () => {
    await declare({ accounts: 'linked' }, 'linked')
    second.seat({ sub: 'l-1', name: 'Ada L.' })
    const person = newPerson()
    const page = await person.signIn({ identity_provider: 'linked' })
    expect(page.html).toContain('knows you as <strong>Ada L.</strong>')
    const wrong = await person.ours.submit(page, { user: 'ada', password: 'wrong', decision: 'link' })
    expect(wrong.status).toBe(422)
    const proved = /name="proved" value="([^"]+)"/.exec(page.html)?.[1] ?? ''
    const other = new TestBrowser()
    const elsewhere = await other.submit(await other.open(shop.request()), {
      proved,
      user: 'ada',
      password: PASSWORD,
      decision: 'link',
    })
    expect(elsewhere.status).toBe(400)
    shop.world.clock.advance(60_000)
    const linked = await person.ours.submit(wrong, { user: 'ada', password: PASSWORD, decision: 'link' })
    expect(linked.html).toContain('signed in as <strong>ada')
    expect((await newPerson().obtainTokens({ identity_provider: 'linked' })).claims).toMatchObject({
      sub: 'ada',
      idp: 'linked',
    })
  })

  it('is proved by a passkey alone, where that is how the user signs in', async () => {
    await declare({ accounts: 'linked' }, 'linked')
    second.seat({ sub: 'k-1', name: 'Grace H.' })
    const key = new TestAuthenticator(shop.world.url)
    const enrolling = new TestBrowser()
    const asked = await enrolling.open(`${shop.world.issuer()}/account/security`)
    const own = { user: 'grace', password: 'another password', decision: 'sign-in' }
    const adding = await enrolling.submit(
      await enrolling.submit(asked, own),
      { decision: 'add' },
      '/passkeys',
    )
    await enrolling.submit(adding, { credential: key.create(optionsOf(adding)), name: 'Yubi' }, '/passkeys')

    const person = newPerson()
    const page = await person.signIn({ identity_provider: 'linked' })
    shop.world.clock.advance(60_000)
    // The password is not enough, since there is a second factor.
    const without = await person.ours.submit(page, { ...own, decision: 'link' })
    expect(without.status).toBe(422)
    const proof = await person.ours.submit(without, { decision: 'link-passkey' })
    const back = await person.ours.submit(
      { ...proof, html: proof.html.slice(proof.html.lastIndexOf('<form')) },
      { decision: 'link-back' },
    )
    expect(back.html).toContain('knows you as <strong>Grace H.</strong>')
    const again = await person.ours.submit(back, { decision: 'link-passkey' })
    const wrong = await person.ours.submit(again, { credential: '{}' })
    expect(wrong).toMatchObject({ status: 422, html: expect.stringContaining('is not linked') })
    const linked = await person.ours.submit(wrong, { credential: key.get(optionsOf(wrong)) })
    expect(linked.html).toContain('signed in as <strong>grace')
    const done = await person.ours.submit(linked, { decision: 'allow' })
    const { body } = await shop.redeem(done.away?.searchParams.get('code') ?? '')
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      sub: 'grace',
      idp: 'linked',
      amr: ['fed', 'mfa'],
    })
  })

  it('loses a link by its user’s own hand, with what rests on it, unless it is the last way in', async () => {
    await declare({ accounts: 'linked' }, 'linked')
    second.seat({ sub: 'l-2', name: 'Ada again' })
    const person = newPerson()
    const page = await person.signIn({ identity_provider: 'linked' })
    shop.world.clock.advance(60_000)
    await person.ours.submit(page, { user: 'ada', password: PASSWORD, decision: 'link' })
    const { refreshToken } = await newPerson().obtainTokens({ identity_provider: 'linked' })
    const account = `${shop.world.issuer()}/account/security`
    const security = await person.ours.open(account)
    const forms = [...security.html.matchAll(/name="link" value="([^"]+)"/g)]
    expect(forms.length).toBeGreaterThan(0)
    const link = linkIdOf({ provider: 'linked', issuer: second.url, subject: 'l-2' })
    const elsewhere = await person.ours.submit(security, { link: 'x', decision: 'unlink' }, '/links')
    expect(elsewhere.html).toContain('There is no such link any more')
    const gone = await person.ours.submit(security, { link, decision: 'unlink' }, '/links')
    expect(gone.html).toContain('Sign in to continue')
    expect((await shop.refresh(refreshToken)).body.error).toBe('invalid_grant')
    const next = await newPerson().signIn({ identity_provider: 'linked' })
    expect(next.html).toContain('Which account is yours?')

    second.seat({ sub: 'l-3' })
    const lone = newPerson()
    await lone.obtainTokens()
    const shown = await lone.ours.open(account)
    expect(shown.html).toContain('With whom you sign in')
    expect(shown.html).not.toContain('value="unlink"')
  })

  it('that began there is not opened anew once it was unlinked, until it is removed', async () => {
    second.seat({ sub: 'r-1' })
    const { claims, refreshToken } = await newPerson().obtainTokens()
    const user = String(claims.sub)
    const parts = shop.world
    const id = linkIdOf({ provider: 'head-office', issuer: second.url, subject: 'r-1' })
    await unlinkAccount(parts, 'hmart', id, 'operator', async () => undefined)
    expect((await shop.refresh(refreshToken)).body.error).toBe('invalid_grant')
    expect(await newPerson().signIn()).toMatchObject({
      status: 403,
      html: expect.stringContaining('There is no account here for you'),
    })
    await removeFederatedUser(parts, 'hmart', user, 'operator', async () => undefined)
    expect((await newPerson().obtainTokens()).claims.sub).toBe(user)
  })

  it('is refused while it is disabled, wherever its user is known', async () => {
    second.seat({ sub: 'd-1' })
    const person = newPerson()
    const { claims, refreshToken } = await person.obtainTokens()
    await shop.world.user(String(claims.sub), true)
    expect(await newPerson().signIn()).toMatchObject({
      status: 403,
      html: expect.stringContaining('Your account is disabled'),
    })
    expect((await shop.refresh(refreshToken)).status).toBe(400)
    expect(onwards(await person.begin())).toContain(`${second.url}/auth?`)
  })

  it('has no sessions and tokens any more when the provider is disabled', async () => {
    second.seat({ sub: 'd-2' })
    const person = newPerson()
    const { refreshToken } = await person.obtainTokens()
    await declare({ disabled: true })
    expect((await shop.refresh(refreshToken)).body.error).toBe('invalid_grant')
    expect((await person.ours.open(shop.request())).html).toContain('Sign in to continue')
  })
})

describe('what a provider gave', () => {
  const wrapped = { scopes: ['offline_access'], askAgainAfter: '1m', tokenClaims: { told: '' } }

  it('is asked for again before a refresh token of ours gives anything, and tokens say what it says then', async () => {
    await declare(wrapped)
    second.seat({ sub: 'w-1', department: 'Fish' })
    const { claims, refreshToken } = await newPerson().obtainTokens()
    expect(claims.told).toMatchObject({ sub: 'w-1', department: 'Fish' })
    const before = second.asked('/token').length
    const early = await shop.refresh(refreshToken)
    expect(early.status).toBe(200)
    expect(second.asked('/token')).toHaveLength(before)
    second.seat({ sub: 'w-1', department: 'Meat' })
    shop.world.clock.advance(61_000)
    const late = await shop.refresh(early.body.refresh_token)
    expect(second.asked('/token')).toHaveLength(before + 1)
    expect(decodeJwt(String(late.body.access_token)).told).toMatchObject({ department: 'Meat' })
    expect(JSON.stringify(await shop.world.store.find(federatedSessions, 'hmart'))).not.toMatch(
      /eyJ[\w-]*\.eyJ/,
    )
  })

  it('is good no longer than it said, and is not asked for after that', async () => {
    await declare(wrapped)
    second.state.refreshSeconds = 100
    second.seat({ sub: 'w-3' })
    const { refreshToken } = await newPerson().obtainTokens()
    shop.world.clock.advance(61_000)
    const good = await shop.refresh(refreshToken)
    expect(good.status).toBe(200)
    const before = second.asked('/token').length
    shop.world.clock.advance(100_000)
    expect((await shop.refresh(good.body.refresh_token)).body.error).toBe('invalid_grant')
    expect(second.asked('/token')).toHaveLength(before)
  })

  it('ends what rests on it when it is gone, and waits when nobody can say', async () => {
    await declare(wrapped)
    second.seat({ sub: 'w-2' })
    const { refreshToken } = await newPerson().obtainTokens()
    shop.world.clock.advance(61_000)
    second.state.away = true
    const outage = await shop.refresh(refreshToken)
    expect(outage.status).toBe(503)
    second.state.away = false
    const good = await shop.refresh(refreshToken)
    expect(good.status).toBe(200)
    second.forget('w-2')
    shop.world.clock.advance(61_000)
    expect((await shop.refresh(good.body.refresh_token)).body.error).toBe('invalid_grant')
  })
})
