import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { oidcCollections } from './provider/collection.ts'
import { authorizationUrl, newPkce, TestBrowser, type Visit } from './test-browser.ts'
import {
  BILLING,
  openWorld,
  PASSWORD,
  requestToken,
  type TokenAnswer,
  WAREHOUSE,
  type World,
} from './test-kit.ts'

const CALLBACK = 'https://shop.example/callback'
const CALLBACK_OF_OWN = 'http://127.0.0.1:4711/callback'

let world: World
let secret: string
const pkce = newPkce()

const CODE_GRANTS = {
  grants: ['authorization_code', 'refresh_token'] as ('authorization_code' | 'refresh_token')[],
}

async function subscribeAll(scopes: readonly string[] = ['list_items', 'order_item']): Promise<void> {
  const warehouse = [['warehouse', scopes]] as const
  await world.publish({
    shop: warehouse,
    spa: warehouse,
    own: warehouse,
    once: warehouse,
    bills: [['billing', ['pay']]],
  })
}

beforeAll(async () => {
  world = await openWorld()
  await world.app('shop', { ...CODE_GRANTS, title: 'Shop <script>', redirectUris: [CALLBACK] })
  await world.app('spa', { ...CODE_GRANTS, redirectUris: [CALLBACK], public: true })
  await world.app('own', { ...CODE_GRANTS, redirectUris: [CALLBACK_OF_OWN], public: true, firstParty: true })
  await world.app('once', { grants: ['authorization_code'], redirectUris: [CALLBACK] })
  await world.app('bills', { ...CODE_GRANTS, redirectUris: [CALLBACK] })
  await world.user('ada')
  await world.user('grace')
  await Promise.all([world.password('ada'), world.password('grace', 'another password')])
  await subscribeAll()
  secret = await world.credential('shop')
})
afterAll(() => world.close())

function request(changes: Readonly<Record<string, string | undefined>> = {}): string {
  return authorizationUrl(world.issuer(), {
    client_id: 'shop',
    response_type: 'code',
    redirect_uri: CALLBACK,
    scope: 'list_items order_item',
    resource: WAREHOUSE,
    state: 'state-1',
    code_challenge: pkce.challenge,
    code_challenge_method: 'S256',
    ...changes,
  })
}

async function signIn(
  browser: TestBrowser,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<Visit> {
  // Sign-ins are limited by account and place: wait until one more is allowed.
  world.clock.advance(60_000)
  const login = await browser.open(request(changes))
  return browser.submit(login, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
}

async function obtainCode(changes: Readonly<Record<string, string | undefined>> = {}): Promise<string> {
  const browser = new TestBrowser()
  const next = await signIn(browser, changes)
  const done = next.away === undefined ? await browser.submit(next, { decision: 'allow' }) : next
  const code = done.away?.searchParams.get('code')
  if (code == null) throw new Error(`no code: ${done.away?.href ?? done.html}`)
  return code
}

function redeem(
  code: string,
  changes: Readonly<Record<string, string>> = {},
  client = { id: 'shop', secret },
) {
  const parameters = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: CALLBACK,
    code_verifier: pkce.verifier,
  }
  return requestToken(world, client, { ...parameters, ...changes })
}

function refresh(
  token: unknown,
  changes: Readonly<Record<string, string>> = {},
  client = { id: 'shop', secret },
) {
  return requestToken(world, client, {
    grant_type: 'refresh_token',
    refresh_token: String(token),
    ...changes,
  })
}

async function obtainTokens(): Promise<TokenAnswer> {
  return redeem(await obtainCode())
}

async function signOut(browser: TestBrowser): Promise<Visit> {
  const ask = await browser.open(`${world.issuer()}/sign-out`)
  expect(ask.html).toContain('Sign out of hmart &amp; Sons?')
  const action = /action="([^"]+)"/.exec(ask.html)?.[1] ?? ''
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(ask.html)?.[1] ?? ''
  return browser.open(action, new URLSearchParams({ xsrf, logout: 'yes' }))
}

describe('signing in with a browser', () => {
  it('leads over sign-in and consent to a code and to tokens for the user', async () => {
    const browser = new TestBrowser()
    const login = await browser.open(request())
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
    expect(away?.searchParams.get('iss')).toBe(world.issuer())
    const { status, body } = await redeem(away?.searchParams.get('code') ?? '')
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { scope: 'list_items order_item', expires_in: 600 },
    })
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      sub: 'ada',
      client_id: 'shop',
      aud: WAREHOUSE,
    })
    expect(body.id_token).toBeUndefined()
  })

  it('tells who signed in when the scope openid is asked for', async () => {
    const { body } = await redeem(await obtainCode({ scope: 'openid list_items', nonce: 'nonce-1' }))
    expect(decodeJwt(String(body.id_token))).toMatchObject({
      sub: 'ada',
      aud: 'shop',
      nonce: 'nonce-1',
      iss: world.issuer(),
    })
    expect(decodeJwt(String(body.access_token)).scope).toBe('list_items')
  })

  it('asks for nothing again in the same session, and for consent to what is new', async () => {
    const browser = new TestBrowser()
    const consent = await signIn(browser, { scope: 'list_items' })
    await browser.submit(consent, { decision: 'allow' })
    expect((await browser.open(request({ scope: 'list_items' }))).away?.searchParams.get('code')).toBeTruthy()
    expect((await browser.open(request())).html).toContain('Allow Shop')
  })

  it('asks no consent for an app of the operator', async () => {
    const { away } = await signIn(new TestBrowser(), { client_id: 'own', redirect_uri: CALLBACK_OF_OWN })
    const code = away?.searchParams.get('code') ?? ''
    const parameters = { redirect_uri: CALLBACK_OF_OWN }
    const { status } = await requestToken(
      world,
      { id: 'own' },
      { grant_type: 'authorization_code', code, code_verifier: pkce.verifier, ...parameters },
    )
    expect(status).toBe(200)
  })

  it('gives nothing to an app that the user does not allow', async () => {
    const browser = new TestBrowser()
    const { away } = await browser.submit(await signIn(browser), { decision: 'deny' })
    expect(away?.searchParams.get('error')).toBe('access_denied')
    expect(away?.searchParams.get('code')).toBeNull()
    expect((await browser.open(request())).html).toContain('Allow Shop')
  })

  it('lets the user cancel before signing in', async () => {
    const browser = new TestBrowser()
    const { away } = await browser.submit(await browser.open(request()), { decision: 'cancel' })
    expect(away?.searchParams.get('error')).toBe('access_denied')
  })

  it('ends with signing out', async () => {
    const browser = new TestBrowser()
    await signIn(browser)
    const done = await signOut(browser)
    expect(done.html).toContain('You are signed out')
    expect((await browser.open(request())).html).toContain('Sign in to continue')
  })
})

describe('an app on the user’s device', () => {
  it('asks for consent each time, because its redirect URI proves nothing', async () => {
    const callback = 'com.example.app:/callback'
    await world.app('spa', { ...CODE_GRANTS, redirectUris: [callback], public: true })
    const changes = { client_id: 'spa', redirect_uri: callback }
    const browser = new TestBrowser()
    const consent = await signIn(browser, changes)
    expect(consent.headers.get('content-security-policy')).toContain("form-action 'self' com.example.app:;")
    const { away } = await browser.submit(consent, { decision: 'allow' })
    expect(away?.protocol).toBe('com.example.app:')
    expect(away?.searchParams.get('code')).toBeTruthy()
    expect((await browser.open(request(changes))).html).toContain('Allow The spa app')
  })
})

describe('a browser that changes hands', () => {
  it('gives the second user nothing of the first one’s session', async () => {
    const browser = new TestBrowser()
    await browser.submit(await signIn(browser), { decision: 'allow' })
    const login = await browser.open(request({ prompt: 'login' }))
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
    const { body } = await redeem(away?.searchParams.get('code') ?? '')
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
    ['with a request object', { request: 'e30.e30.' }, 'request_not_supported'],
    ['silently, when nobody is signed in', { prompt: 'none' }, 'login_required'],
  ])('%s, at the redirect URI', async (_, changes, error) => {
    const { away } = await new TestBrowser().open(request(changes))
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
    const { status, away, html, headers } = await new TestBrowser().open(request(changes))
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
    expect((await redeem(await obtainCode(), { code_verifier: newPkce().verifier })).body.error).toBe(
      'invalid_grant',
    )
    expect((await redeem(await obtainCode(), { code_verifier: '' })).body.error).toBe('invalid_grant')
  })

  it('is good for nothing with another redirect URI or at another app', async () => {
    expect((await redeem(await obtainCode(), { redirect_uri: 'https://shop.example/' })).body.error).toBe(
      'invalid_grant',
    )
    const other = { id: 'bills', secret: await world.credential('bills') }
    expect((await redeem(await obtainCode(), {}, other)).body.error).toBe('invalid_grant')
  })

  it('needs the secret of an app that has one', async () => {
    const parameters = {
      grant_type: 'authorization_code',
      code: await obtainCode(),
      code_verifier: pkce.verifier,
    }
    const answer = await requestToken(world, { id: 'shop' }, { ...parameters, redirect_uri: CALLBACK })
    expect(answer).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
  })

  it('expires', async () => {
    const code = await obtainCode()
    world.clock.advance(60_000)
    expect((await redeem(code)).body.error).toBe('invalid_grant')
  })

  it('used twice, takes back what the first use gave', async () => {
    const code = await obtainCode()
    const first = await redeem(code)
    expect(first.status).toBe(200)
    expect((await redeem(code)).body.error).toBe('invalid_grant')
    expect((await refresh(first.body.refresh_token)).body.error).toBe('invalid_grant')
  })

  it('is spent once, however many present it at the same moment', async () => {
    const code = await obtainCode()
    const answers = await Promise.all(Array.from({ length: 8 }, () => redeem(code)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const { body } of answers) {
      if (body.refresh_token !== undefined) expect((await refresh(body.refresh_token)).status).toBe(400)
    }
  })

  it('cannot be read from the store', async () => {
    const code = await obtainCode()
    const stored = await world.store.find(oidcCollections.AuthorizationCode, 'hmart')
    expect(stored.length).toBeGreaterThan(0)
    expect(JSON.stringify(stored)).not.toContain(code)
  })

  it('survives a restart on the same store, and so do session and keys', async () => {
    const browser = new TestBrowser()
    const consent = await signIn(browser)
    await world.restart()
    const { away } = await browser.submit(consent, { decision: 'allow' })
    const jwks = await (await fetch(`${world.issuer()}/jwks`)).text()
    await world.restart()
    const tokens = await redeem(away?.searchParams.get('code') ?? '')
    expect(tokens.status).toBe(200)
    expect(await (await fetch(`${world.issuer()}/jwks`)).text()).toBe(jwks)
    await world.restart()
    expect((await refresh(tokens.body.refresh_token)).status).toBe(200)
    expect((await browser.open(request())).away?.searchParams.get('code')).toBeTruthy()
  })
})

describe('a refresh token', () => {
  it('is only given to an app whose resource names the grant', async () => {
    const credential = await world.credential('once')
    const { status, body } = await redeem(
      await obtainCode({ client_id: 'once' }),
      {},
      { id: 'once', secret: credential },
    )
    expect(status).toBe(200)
    expect(body.refresh_token).toBeUndefined()
  })

  it('gives a new access token and a new refresh token', async () => {
    const first = await obtainTokens()
    const second = await refresh(first.body.refresh_token)
    expect(second).toMatchObject({ status: 200, body: { scope: 'list_items order_item' } })
    expect(second.body.refresh_token).not.toBe(first.body.refresh_token)
    expect(decodeJwt(String(second.body.access_token))).toMatchObject({ sub: 'ada', aud: WAREHOUSE })
  })

  it('may narrow the scopes of a token, never widen them', async () => {
    const first = await redeem(await obtainCode({ scope: 'list_items' }))
    expect((await refresh(first.body.refresh_token, { scope: 'order_item' })).body.error).toBe(
      'invalid_scope',
    )
    const both = await obtainTokens()
    expect((await refresh(both.body.refresh_token, { scope: 'list_items' })).body.scope).toBe('list_items')
  })

  it('used twice, ends the whole family, for thief and owner alike', async () => {
    const first = await obtainTokens()
    const second = await refresh(first.body.refresh_token)
    expect(second.status).toBe(200)
    expect((await refresh(first.body.refresh_token)).body.error).toBe('invalid_grant')
    expect((await refresh(second.body.refresh_token)).body.error).toBe('invalid_grant')
    expect(world.log.lines.some(({ message }) => message === 'grant revoked')).toBe(true)
  })

  it('is spent once, however many present it at the same moment', async () => {
    const first = await obtainTokens()
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(first.body.refresh_token)))
    const given = answers.filter(({ status }) => status === 200)
    expect(given).toHaveLength(1)
    for (const { body } of given) expect((await refresh(body.refresh_token)).status).toBe(400)
  })

  it('is good for nothing at another app', async () => {
    const { body } = await obtainTokens()
    const other = { id: 'bills', secret: await world.credential('bills') }
    expect((await refresh(body.refresh_token, {}, other)).body.error).toBe('invalid_grant')
    expect((await refresh(body.refresh_token)).status).toBe(200)
  })

  it('stops when it is revoked', async () => {
    const { body } = await obtainTokens()
    const revoked = await fetch(`${world.issuer()}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`shop:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ token: String(body.refresh_token), token_type_hint: 'refresh_token' }),
    })
    expect(revoked.status).toBe(200)
    expect((await refresh(body.refresh_token)).body.error).toBe('invalid_grant')
  })

  it('is not revoked by an app whose it is not', async () => {
    const { body } = await obtainTokens()
    const other = await world.credential('bills')
    await fetch(`${world.issuer()}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`bills:${other}`).toString('base64')}` },
      body: new URLSearchParams({ token: String(body.refresh_token) }),
    })
    expect((await refresh(body.refresh_token)).status).toBe(200)
  })

  it('expires when it is not used', async () => {
    const { body } = await obtainTokens()
    world.clock.advance(14 * 86_400_000)
    expect((await refresh(body.refresh_token)).body.error).toBe('invalid_grant')
  })

  it('goes on after its user has signed out', async () => {
    const browser = new TestBrowser()
    const { away } = await browser.submit(await signIn(browser), { decision: 'allow' })
    const { body } = await redeem(away?.searchParams.get('code') ?? '')
    expect((await signOut(browser)).html).toContain('You are signed out')
    expect((await refresh(body.refresh_token)).status).toBe(200)
  })

  it('gives less when the subscription allows less, and nothing when it is cancelled', async () => {
    const { body } = await obtainTokens()
    await subscribeAll(['list_items'])
    const narrowed = await refresh(body.refresh_token)
    expect(narrowed).toMatchObject({ status: 200, body: { scope: 'list_items' } })
    expect(decodeJwt(String(narrowed.body.access_token)).scope).toBe('list_items')
    expect((await refresh(narrowed.body.refresh_token, { scope: 'order_item' })).body.error).toBe(
      'invalid_scope',
    )
    await world.publish({})
    expect((await refresh(narrowed.body.refresh_token)).body.error).toBe('invalid_target')
    // A refused refresh spends nothing: the subscription may come back.
    await subscribeAll()
    expect((await refresh(narrowed.body.refresh_token)).status).toBe(200)
  })

  it('stops when the user is disabled, when removed, and when the password changes', async () => {
    const tokens = [await obtainTokens(), await obtainTokens(), await obtainTokens()]
    await world.user('ada', true)
    expect((await refresh(tokens[0]?.body.refresh_token)).body.error).toBe('invalid_grant')
    await world.remove('User', 'ada')
    expect((await refresh(tokens[1]?.body.refresh_token)).body.error).toBe('invalid_grant')
    await world.user('ada')
    await world.password('ada', PASSWORD, 'hmart', new Date(Date.now() + 2000).toISOString())
    expect((await refresh(tokens[2]?.body.refresh_token)).body.error).toBe('invalid_grant')
    await world.password('ada')
    expect((await refresh(tokens[2]?.body.refresh_token)).status).toBe(200)
  })
})
