import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { TestBrowser } from '../test-browser.ts'
import { PASSWORD } from '../test-kit.ts'
import { CALLBACK } from '../test-shop.ts'
import { federatedSessions } from './collection.ts'
import { useFederatedShop } from './fixture/federated-shop.ts'
import { onwards } from './fixture/second-provider.ts'

const { shop, second, declare, newPerson } = await useFederatedShop()

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
