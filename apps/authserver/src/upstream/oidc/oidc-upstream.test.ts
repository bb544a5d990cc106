import { describe, expect, it } from 'vitest'
import { TestBrowser } from '../../test-browser.ts'
import { CALLBACK } from '../../test-shop.ts'
import { useFederatedShop } from '../fixture/federated-shop.ts'
import { onwards, startSecondProvider } from '../fixture/second-provider.ts'

const { shop, second, declare, newPerson, secret } = await useFederatedShop()

describe('signing in with an OpenID provider', () => {
  it('gives somebody new an account of their own, whose tokens say who knows them', async () => {
    second.seat({ sub: 'u-1', name: 'Zoe', groups: ['buyers', 'all'], department: 'Fish' })
    const { claims } = await newPerson().obtainTokens()
    expect(claims).toMatchObject({
      sub: expect.stringMatching(/^head-office-[a-z2-7]{26}$/),
      idp: 'head-office',
      roles: ['warehouse_buyer'],
      groups: ['buyers', 'all'],
      department: 'Fish',
      amr: ['fed'],
    })
    const again = await newPerson().obtainTokens()
    expect(again.claims.sub).toBe(claims.sub)
    second.seat({ sub: 'u-2' })
    expect((await newPerson().obtainTokens()).claims.sub).not.toBe(claims.sub)
  })

  it('asks the provider’s UserInfo where that is declared, and believes what it tells beside the ID token', async () => {
    const told = { groups: ['buyers'], department: 'Fish' }
    second.seat({ sub: 'i-1', told })
    const without = await newPerson().obtainTokens()
    expect([without.claims.roles, without.claims.department]).toEqual([undefined, undefined])
    await declare({
      userinfo: true,
      roles: { buyers: ['warehouse_buyer'] },
      tokenClaims: { department: '/department' },
    })
    const { claims } = await newPerson().obtainTokens()
    expect(claims).toMatchObject({ sub: without.claims.sub, roles: ['warehouse_buyer'], ...told })
  })

  it('asks with PKCE, nonce and state, each new, and for one address of ours for each provider', async () => {
    second.seat({ sub: 'u-1' })
    const one = new URL(onwards(await newPerson().begin())).searchParams
    const two = new URL(onwards(await newPerson().begin())).searchParams
    expect(one.get('code_challenge_method')).toBe('S256')
    expect(one.get('redirect_uri')).toBe(`${shop.world.issuer()}/upstream/head-office/callback`)
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(one.get(name)?.length).toBeGreaterThanOrEqual(43)
      expect(one.get(name)).not.toBe(two.get(name))
    }
  })

  it('proves who we are by a key where that is declared', async () => {
    await declare(
      { clientId: 'portcullis-key', authentication: { by: 'private_key_jwt', key: 'second-key' } },
      'keyed',
    )
    second.seat({ sub: 'u-3' })
    const page = await newPerson().signIn({ identity_provider: 'keyed' })
    expect(page.html).toContain('Allow')
  })

  it('asks by way of the provider’s server where it has a place for that (RFC 9126)', async () => {
    const redirect_uris = [`${shop.world.issuer()}/upstream/pushed/callback`]
    const pushing = await startSecondProvider(
      [{ client_id: 'portcullis', client_secret: secret, redirect_uris }],
      { pushedAuthorizationRequests: { enabled: true } },
    )
    await declare({ issuer: pushing.url }, 'pushed')
    pushing.seat({ sub: 'p-1' })
    const person = newPerson()
    const there = await person.begin({ identity_provider: 'pushed' })
    const asked = new URL(onwards(there)).searchParams
    expect([...asked.keys()].toSorted()).toEqual(['client_id', 'request_uri'])
    const back = await person.ours.open(onwards(await person.theirs.open(onwards(there))))
    expect(back.html).toContain('Allow')
    await pushing.close()
    await declare({ issuer: second.url, disabled: true }, 'pushed')
  })

  it('takes an answer in the browser that began, and once', async () => {
    second.seat({ sub: 'u-1' })
    const person = newPerson()
    const back = onwards(await person.theirs.open(onwards(await person.begin())))
    const stolen = await new TestBrowser().open(back)
    expect(stolen).toMatchObject({ status: 400, html: expect.stringContaining('This sign-in has expired') })
    // Whoever stole it has spoilt it for both.
    expect((await person.ours.open(back)).html).toContain('This sign-in has expired')
  })

  it('takes no answer for the sign-in of another tab, another provider, or none', async () => {
    await declare({ title: 'Other' }, 'keyed')
    second.seat({ sub: 'u-1' })
    const person = newPerson()
    const first = onwards(await person.theirs.open(onwards(await person.begin())))
    const state = new URL(first).searchParams.get('state') ?? ''
    for (const url of [
      first.replace('/head-office/', '/keyed/'),
      `${shop.world.issuer()}/upstream/head-office/callback?code=x&state=y`,
      `${shop.world.issuer()}/upstream/head-office/callback?code=x`,
      `${first}&state=${state}`,
      `${shop.world.issuer()}/upstream/nobody/callback?state=${state}`,
    ]) {
      expect((await person.ours.open(url)).status).toBeGreaterThanOrEqual(400)
    }
    const tab = new TestBrowser()
    const other = await tab.open(shop.request({ client_id: 'spa' }))
    const elsewhere = await tab.open(`${other.url.split('?')[0]}?state=${state}`)
    expect(elsewhere.status).toBe(400)
    expect((await person.ours.open(first)).html).toContain('Allow')
  })

  it('refuses an answer that names another issuer (RFC 9207, mix-up), and one with another nonce', async () => {
    second.seat({ sub: 'u-1' })
    const person = newPerson()
    const back = new URL(onwards(await person.theirs.open(onwards(await person.begin()))))
    expect(back.searchParams.get('iss')).toBe(second.url)
    back.searchParams.set('iss', 'https://evil.example')
    expect(await person.ours.open(back.href)).toMatchObject({
      status: 403,
      html: expect.stringContaining('You are not signed in'),
    })
    // The code of another sign-in, injected into this one (RFC 9700 §4.5): PKCE and nonce are of this one.
    const victim = newPerson()
    const stolen = new URL(onwards(await victim.theirs.open(onwards(await victim.begin()))))
    const own = new URL(onwards(await person.theirs.open(onwards(await person.begin()))))
    own.searchParams.set('code', stolen.searchParams.get('code') ?? '')
    expect((await person.ours.open(own.href)).status).toBe(403)
  })

  it('tells the app when the user gives up there', async () => {
    second.state.present = undefined
    const done = await newPerson().signIn()
    expect(done.away?.searchParams.get('error')).toBe('access_denied')
  })

  it('says that it can’t be asked when the provider is away, and goes on when it is back', async () => {
    second.seat({ sub: 'u-1' })
    await declare({ title: 'Away' })
    second.state.away = true
    const page = await newPerson().begin()
    expect(page).toMatchObject({ status: 503, html: expect.stringContaining('Try again in a moment') })
    second.state.away = false
    expect((await newPerson().signIn()).html).toContain('Allow')
  })

  it('hands on that the user is to sign in again, with more than a password, and refuses less', async () => {
    await declare({ multiFactorAcr: 'urn:second:mfa' })
    second.seat({ sub: 'u-1', acr: 'urn:second:mfa' })
    const strongly = { scope: 'openid list_items', acr_values: 'urn:portcullis:acr:multi-factor' }
    const asked = new URL(onwards(await newPerson().begin({ ...strongly, prompt: 'login' }))).searchParams
    expect(asked.get('prompt')).toBe('login')
    expect(asked.get('max_age')).toBe('0')
    expect(asked.get('acr_values')).toBe('urn:second:mfa')
    const strong = await newPerson().obtainTokens(strongly)
    expect(strong.claims).toMatchObject({ acr: 'urn:portcullis:acr:multi-factor', amr: ['fed', 'mfa'] })
    second.seat({ sub: 'u-4', acr: 'urn:second:pwd' })
    expect((await newPerson().signIn(strongly)).html).toContain('authenticator app')
  })

  it('refuses a sign-in there that is older than the app asked for, whatever the provider makes of that', async () => {
    second.seat({ sub: 'u-5', signedInAt: Math.floor(Date.now() / 1000) - 900 })
    const old = async (changes: Readonly<Record<string, string>>) => {
      const person = newPerson()
      const there = new URL(onwards(await person.begin(changes)))
      there.searchParams.delete('max_age')
      there.searchParams.delete('prompt')
      return person.ours.open(onwards(await person.theirs.open(there.href)))
    }
    for (const changes of [{ max_age: '60' }, { prompt: 'login' }]) {
      const refused = await old({ scope: 'openid list_items', ...changes })
      expect(refused).toMatchObject({ status: 403, html: expect.stringContaining('too old') })
    }
    expect((await old({})).html).toContain('Allow')
  })
})

describe('signing out', () => {
  it('here leads there, and back to the app', async () => {
    const uri = 'https://shop.example/bye'
    await shop.world.app('shop', {
      ...shop.codeGrants,
      redirectUris: [CALLBACK],
      signOutRedirectUris: [uri],
    })
    second.seat({ sub: 'o-1' })
    const person = newPerson()
    await person.obtainTokens()
    const query = new URLSearchParams({ client_id: 'shop', post_logout_redirect_uri: uri, state: 's1' })
    const ask = await person.ours.open(`${shop.world.issuer()}/sign-out?${query}`)
    const action = /action="([^"]+)"/.exec(ask.html)?.[1] ?? ''
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(ask.html)?.[1] ?? ''
    const going = await person.ours.open(action, new URLSearchParams({ xsrf, logout: 'yes' }))
    const there = await person.theirs.open(onwards(going))
    const back = await person.theirs.submit(
      {
        ...there,
        html: there.html.replace('<form id="op.logoutForm" method', '<form method').replaceAll('/>', '>'),
      },
      {},
    )
    const done = await person.ours.open(onwards(back))
    expect(done.away?.href).toBe(`${uri}?state=s1`)
    expect((await person.ours.open(shop.request())).html).toContain('Sign in to continue')
    expect((await person.ours.open(onwards(back))).status).toBe(400)
  })

  it('there ends the sessions and tokens here, by the provider’s signed word alone (Back-Channel Logout)', async () => {
    second.seat({ sub: 'o-2' })
    const person = newPerson()
    const { refreshToken } = await person.obtainTokens()
    const notice = (token: string) =>
      fetch(`${shop.world.issuer()}/upstream/head-office/notice`, {
        method: 'POST',
        body: new URLSearchParams({ logout_token: token }),
      })
    const now = Math.floor(shop.world.clock.now() / 1000)
    const good = {
      iss: second.url,
      aud: 'portcullis',
      iat: now,
      exp: now + 60,
      jti: 'n1',
      sub: 'o-2',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    }
    const { events: _, ...eventless } = good
    const bad = [
      await second.sign({ ...good, aud: 'somebody-else' }),
      await second.sign({ ...good, iss: 'https://evil.example' }),
      await second.sign({ ...good, nonce: 'an ID token' }),
      await second.sign({ ...good, iat: now - 3600 }),
      await second.sign(eventless),
      `${(await second.sign(good)).slice(0, -8)}AAAAAAAA`,
      'a.b.c',
    ]
    for (const token of bad) expect((await notice(token)).status).toBe(400)
    expect((await person.ours.open(shop.request())).html).not.toContain('Sign in to continue')
    shop.world.clock.advance(1000)
    expect((await notice(await second.sign(good))).status).toBe(200)
    expect((await person.ours.open(shop.request())).html).toContain('Sign in to continue')
    expect((await shop.refresh(refreshToken)).status).toBe(400)
  })
})
