import { createHash } from 'node:crypto'
import { openMemoryStore } from '@portcullis/ports/store/memory'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { oidcCollections } from '../provider/collection.ts'
import { newPkce, TestBrowser } from '../test-browser.ts'
import { BILLING, PASSWORD, requestToken, WAREHOUSE } from '../test-kit.ts'
import { CALLBACK, CALLBACK_OF_OWN, openShop, type Shop } from '../test-shop.ts'

let shop: Shop

beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop.world.close())

describe('signing in with a browser', () => {
  it('leads over sign-in and consent to a code and to tokens for the user', async () => {
    const browser = new TestBrowser()
    const login = await browser.open(shop.request())
    expect(login.status).toBe(200)
    expect(login.html).toContain('Sign in to continue to Shop &lt;script&gt;')
    expect(login.html).toContain('hmart &amp; Sons')
    const consent = await browser.submit(login, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
    expect(consent.html).toContain('Order items in your name')
    expect(consent.html).toContain('<code>order_item</code>')
    expect(consent.html).toContain('The warehouse')
    const { away } = await browser.submit(consent, { decision: 'allow' })
    expect(`${away?.origin}${away?.pathname}`).toBe(CALLBACK)
    expect(away?.searchParams.get('state')).toBe('state-1')
    // RFC 9207: the client can tell who answers.
    expect(away?.searchParams.get('iss')).toBe(shop.world.issuer())
    const { status, body } = await shop.redeem(away?.searchParams.get('code') ?? '')
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { scope: 'list_items order_item', expires_in: 600 },
    })
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      sub: 'ada',
      client_id: 'shop',
      aud: WAREHOUSE,
      // By these it can be revoked.
      jti: expect.any(String),
      grant_id: expect.any(String),
      sid: expect.any(String),
    })
    expect(body.id_token).toBeUndefined()
  })

  it('tells who signed in when the scope openid is asked for', async () => {
    const { body } = await shop.redeem(
      await shop.obtainCode({ scope: 'openid list_items', nonce: 'nonce-1' }),
    )
    expect(decodeJwt(String(body.id_token))).toMatchObject({
      sub: 'ada',
      aud: 'shop',
      nonce: 'nonce-1',
      iss: shop.world.issuer(),
    })
    expect(decodeJwt(String(body.access_token)).scope).toBe('list_items')
  })

  it('asks for nothing again in the same session, and for consent to what is new', async () => {
    const browser = new TestBrowser()
    const consent = await shop.signIn(browser, { scope: 'list_items' })
    await browser.submit(consent, { decision: 'allow' })
    expect(
      (await browser.open(shop.request({ scope: 'list_items' }))).away?.searchParams.get('code'),
    ).toBeTruthy()
    expect((await browser.open(shop.request())).html).toContain('Allow Shop')
  })

  it('asks no consent for an app of the operator', async () => {
    const { away } = await shop.signIn(new TestBrowser(), { client_id: 'own', redirect_uri: CALLBACK_OF_OWN })
    const code = away?.searchParams.get('code') ?? ''
    const parameters = { redirect_uri: CALLBACK_OF_OWN }
    const { status } = await requestToken(
      shop.world,
      { id: 'own' },
      { grant_type: 'authorization_code', code, code_verifier: shop.pkce.verifier, ...parameters },
    )
    expect(status).toBe(200)
  })

  it('gives nothing to an app that the user does not allow', async () => {
    const browser = new TestBrowser()
    const { away } = await browser.submit(await shop.signIn(browser), { decision: 'deny' })
    expect(away?.searchParams.get('error')).toBe('access_denied')
    expect(away?.searchParams.get('code')).toBeNull()
    expect((await browser.open(shop.request())).html).toContain('Allow Shop')
  })

  it('lets the user cancel before signing in', async () => {
    const browser = new TestBrowser()
    const { away } = await browser.submit(await browser.open(shop.request()), { decision: 'cancel' })
    expect(away?.searchParams.get('error')).toBe('access_denied')
  })

  it('ends with signing out', async () => {
    const browser = new TestBrowser()
    await shop.signIn(browser)
    const done = await shop.signOut(browser)
    expect(done.html).toContain('You are signed out')
    expect((await browser.open(shop.request())).html).toContain('Sign in to continue')
  })
})

describe('an app on the user’s device', () => {
  it('asks for consent each time, because its redirect URI proves nothing', async () => {
    const callback = 'com.example.app:/callback'
    await shop.world.app('spa', { ...shop.codeGrants, redirectUris: [callback], public: true })
    const changes = { client_id: 'spa', redirect_uri: callback }
    const browser = new TestBrowser()
    const consent = await shop.signIn(browser, changes)
    expect(consent.headers.get('content-security-policy')).toContain("form-action 'self' com.example.app:;")
    const { away } = await browser.submit(consent, { decision: 'allow' })
    expect(away?.protocol).toBe('com.example.app:')
    expect(away?.searchParams.get('code')).toBeTruthy()
    expect((await browser.open(shop.request(changes))).html).toContain('Allow The spa app')
  })
})

describe('a browser that changes hands', () => {
  it('gives the second user nothing of the first one’s session', async () => {
    const browser = new TestBrowser()
    await browser.submit(await shop.signIn(browser), { decision: 'allow' })
    const login = await browser.open(shop.request({ prompt: 'login' }))
    const leave = await browser.submit(login, {
      user: 'grace',
      password: 'another password',
      decision: 'sign-in',
    })
    // This page sends itself where scripts run; its policy allows that one script by its hash.
    const script = /<script>([^<]*)<\/script>/.exec(leave.html)?.[1] ?? ''
    const hash = createHash('sha256').update(script).digest('base64')
    expect(leave.headers.get('content-security-policy')).toContain(`'sha256-${hash}'`)
    const consent = await browser.submit(leave, {})
    expect(consent.html).toContain('signed in as <strong>grace</strong>')
    const { away } = await browser.submit(consent, { decision: 'allow' })
    const { body } = await shop.redeem(away?.searchParams.get('code') ?? '')
    expect(decodeJwt(String(body.access_token)).sub).toBe('grace')
  })
})

describe('an authorization request is refused', () => {
  it.each([
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['with plain PKCE', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['with the implicit flow', { response_type: 'token' }, 'invalid_request'],
    [
      'with a hybrid flow',
      { response_type: 'code id_token', nonce: 'n', scope: 'openid' },
      'invalid_request',
    ],
    ['with no answer asked for', { response_type: 'none' }, 'unsupported_response_type'],
    ['with a fragment as response mode', { response_mode: 'fragment' }, 'invalid_request'],
    ['for a scope beyond the subscription', { scope: 'list_items pay' }, 'invalid_scope'],
    ['without a scope', { scope: undefined }, 'invalid_scope'],
    ['for a resource without subscription', { resource: BILLING }, 'invalid_target'],
    ['with a request object that nobody signed', { request: 'e30.e30.' }, 'invalid_request_object'],
    ['silently, when nobody is signed in', { prompt: 'none' }, 'login_required'],
  ])('%s, at the redirect URI', async (_, changes, error) => {
    const { away } = await new TestBrowser().open(shop.request(changes))
    expect(away?.href.startsWith(CALLBACK)).toBe(true)
    const answer = new URLSearchParams(`${away?.search.slice(1)}&${away?.hash.slice(1)}`)
    expect(answer.get('error')).toBe(error)
    expect(answer.get('code')).toBeNull()
  })

  it.each([
    ['another redirect URI', { redirect_uri: 'https://evil.example/callback' }],
    ['a redirect URI with something after it', { redirect_uri: `${CALLBACK}/../x` }],
    ['another port on this machine', { client_id: 'own', redirect_uri: 'http://127.0.0.1:4712/callback' }],
    ['no redirect URI', { redirect_uri: undefined }],
    ['an unknown app', { client_id: 'nobody' }],
    ['an app that may not', { client_id: 'stock' }],
    ['no app', { client_id: undefined }],
  ])('with %s, on a page that goes nowhere and reveals nothing', async (_, changes) => {
    const { status, away, html, headers } = await new TestBrowser().open(shop.request(changes))
    expect(away).toBeUndefined()
    expect(status).toBe(400)
    expect(html).toContain('<html lang="en">')
    expect(html).toContain('This sign-in cannot go on')
    expect(html).not.toMatch(/node_modules|at \w+ \(|Error:/)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  })
})

describe('a code', () => {
  it('is good for nothing with a wrong verifier, or without one', async () => {
    expect(
      (await shop.redeem(await shop.obtainCode(), { code_verifier: newPkce().verifier })).body.error,
    ).toBe('invalid_grant')
    expect((await shop.redeem(await shop.obtainCode(), { code_verifier: '' })).body.error).toBe(
      'invalid_grant',
    )
  })

  it('is good for nothing with another redirect URI or at another app', async () => {
    expect(
      (await shop.redeem(await shop.obtainCode(), { redirect_uri: 'https://shop.example/' })).body.error,
    ).toBe('invalid_grant')
    const other = { id: 'bills', secret: await shop.world.credential('bills') }
    expect((await shop.redeem(await shop.obtainCode(), {}, other)).body.error).toBe('invalid_grant')
  })

  it('needs the secret of an app that has one', async () => {
    const parameters = {
      grant_type: 'authorization_code',
      code: await shop.obtainCode(),
      code_verifier: shop.pkce.verifier,
    }
    const answer = await requestToken(shop.world, { id: 'shop' }, { ...parameters, redirect_uri: CALLBACK })
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })

  it('expires', async () => {
    const code = await shop.obtainCode()
    shop.world.clock.advance(60_000)
    expect((await shop.redeem(code)).body.error).toBe('invalid_grant')
  })

  it('used twice, takes back what the first use gave', async () => {
    const code = await shop.obtainCode()
    const first = await shop.redeem(code)
    expect(first.status).toBe(200)
    expect((await shop.redeem(code)).body.error).toBe('invalid_grant')
    expect((await shop.refresh(first.body.refresh_token)).body.error).toBe('invalid_grant')
  })

  it('is spent once, however many present it at the same moment', async () => {
    const code = await shop.obtainCode()
    const answers = await Promise.all(Array.from({ length: 8 }, () => shop.redeem(code)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const { body } of answers) {
      if (body.refresh_token !== undefined) expect((await shop.refresh(body.refresh_token)).status).toBe(400)
    }
  })

  it('is spent by the commit that keeps what it gives', async () => {
    const commits: string[][] = []
    const recording = await openShop({
      openStore(clock) {
        const store = openMemoryStore(clock)
        const commit = store.commit.bind(store)
        store.commit = (changes) => {
          commits.push(changes.map(({ collection }) => collection.name))
          return commit(changes)
        }
        return store
      },
    })
    onTestFinished(() => recording.world.close())
    const code = await recording.obtainCode()
    commits.length = 0
    expect((await recording.redeem(code)).status).toBe(200)
    const { AuthorizationCode, RefreshToken } = oidcCollections
    expect(commits).toEqual([[AuthorizationCode.name, RefreshToken.name]])
  })

  it('is spent also where there is nothing to keep', async () => {
    const once = { id: 'once', secret: await shop.world.credential('once') }
    const code = await shop.obtainCode({ client_id: 'once' })
    const [first, second] = [await shop.redeem(code, {}, once), await shop.redeem(code, {}, once)]
    expect(first.status).toBe(200)
    expect(first.body.refresh_token).toBeUndefined()
    expect(second.body.error).toBe('invalid_grant')
  })

  it('is spent also where it gives nothing in the end', async () => {
    const code = await shop.obtainCode()
    await shop.world.user('ada', true)
    expect((await shop.redeem(code)).body.error).toBe('invalid_grant')
    await shop.world.user('ada')
    expect((await shop.redeem(code)).body.error).toBe('invalid_grant')
  })

  it('cannot be read from the store', async () => {
    const code = await shop.obtainCode()
    const stored = await shop.world.store.find(oidcCollections.AuthorizationCode, 'hmart')
    expect(stored.length).toBeGreaterThan(0)
    expect(JSON.stringify(stored)).not.toContain(code)
  })

  it('survives a restart on the same store, and so do session and keys', async () => {
    const browser = new TestBrowser()
    const consent = await shop.signIn(browser)
    await shop.world.restart()
    const { away } = await browser.submit(consent, { decision: 'allow' })
    const jwks = await (await fetch(`${shop.world.issuer()}/jwks`)).text()
    await shop.world.restart()
    const tokens = await shop.redeem(away?.searchParams.get('code') ?? '')
    expect(tokens.status).toBe(200)
    expect(await (await fetch(`${shop.world.issuer()}/jwks`)).text()).toBe(jwks)
    await shop.world.restart()
    expect((await shop.refresh(tokens.body.refresh_token)).status).toBe(200)
    expect((await browser.open(shop.request())).away?.searchParams.get('code')).toBeTruthy()
  })
})
