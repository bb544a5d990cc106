import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { allowInsecureRequests, authorizationCodeGrant, ClientSecretBasic, discovery } from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newPkce, TestBrowser } from '../test-browser.ts'
import { BILLING, PASSWORD, post, requestToken } from '../test-kit.ts'
import { CALLBACK, openShop, type Shop } from '../test-shop.ts'

/** What RFC 9700 knows of attacks on authorization servers, section by section. Others have files of their own as well. */
let shop: Shop
let me: { id: string; secret: string }

beforeAll(async () => {
  shop = await openShop()
  me = { id: 'shop', secret: shop.secret }
})
afterAll(() => shop.world.close())

const open = (changes: Readonly<Record<string, string | undefined>>) =>
  new TestBrowser().open(shop.request(changes))

describe('RFC 9700', () => {
  it.each([
    'https://evil.example/callback',
    `${CALLBACK}/`,
    `${CALLBACK}?next=https://evil.example`,
    `${CALLBACK}#fragment`,
    'https://shop.example/Callback',
    'https://shop.example:443/callback',
    'https://shop.example.evil.example/callback',
    'https://shop.example/callback/../callback',
    'https://user@shop.example/callback',
    'javascript:alert(1)',
  ])('§4.1 insufficient redirect URI validation: %s is not the registered one', async (uri) => {
    const { away, status } = await open({ redirect_uri: uri })
    expect([away, status]).toEqual([undefined, 400])
  })

  it('§4.2 credential leakage by Referer: pages send none elsewhere, and a code is good once', async () => {
    const { headers, html } = await open({})
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(html).not.toMatch(/(?:src|href)="https?:/)
    const code = await shop.obtainCode()
    expect((await shop.redeem(code)).status).toBe(200)
    expect((await shop.redeem(code)).status).toBe(400)
  })

  it('§4.3 leakage by browser history: no token ever is in an address, sent or taken', async () => {
    expect((await open({ response_type: 'token' })).away?.hash).toContain('error=invalid_request')
    const { body } = await shop.redeem(await shop.obtainCode({ scope: 'openid', resource: undefined }))
    const userinfo = `${shop.world.issuer()}/userinfo`
    expect((await fetch(`${userinfo}?access_token=${body.access_token}`)).status).toBe(400)
    const authorization = `Bearer ${body.access_token}`
    expect((await fetch(userinfo, { headers: { authorization } })).status).toBe(200)
  })

  it('§4.4 mix-up: answers and errors name their issuer, and a client refuses those of another', async () => {
    const options = { execute: [allowInsecureRequests] }
    const config = await discovery(
      new URL(shop.world.issuer()),
      'shop',
      {},
      ClientSecretBasic(shop.secret),
      options,
    )
    const failed = await open({ scope: 'list_items admin' })
    expect(failed.away?.searchParams.get('iss')).toBe(shop.world.issuer())
    const browser = new TestBrowser()
    const { away } = await browser.submit(await shop.signIn(browser), { decision: 'allow' })
    if (away === undefined) throw new Error('no answer')
    const mixed = new URL(away)
    mixed.searchParams.set('iss', 'https://evil.example')
    const checks = { pkceCodeVerifier: shop.pkce.verifier, expectedState: 'state-1' }
    await expect(authorizationCodeGrant(config, mixed, checks)).rejects.toThrow('invalid response')
    expect((await authorizationCodeGrant(config, away, checks)).access_token).toEqual(expect.any(String))
  })

  it('§4.5 authorization code injection: a code is good only with the verifier of who began', async () => {
    const stolen = await shop.obtainCode()
    const { body } = await shop.redeem(stolen, { code_verifier: newPkce().verifier })
    expect(body.error).toBe('invalid_grant')
  })

  it('§4.6 access token injection: no token is given at the authorization endpoint', async () => {
    for (const type of ['token', 'id_token token', 'code token']) {
      expect((await open({ response_type: type, nonce: 'n' })).away?.href).not.toContain('access_token')
    }
  })

  it('§4.7 cross-site request forgery: PKCE is demanded, and forms are taken from our own page alone', async () => {
    const page = await open({})
    const action = /action="([^"]+)"/.exec(page.html)?.[1] ?? ''
    const form = new URLSearchParams({ user: 'ada', password: PASSWORD, decision: 'sign-in' })
    const answer = await fetch(new URL(action, page.url), { method: 'POST', body: form, redirect: 'manual' })
    expect([400, 403]).toContain(answer.status)
    expect(answer.headers.get('location')).toBeNull()
  })

  it.each([
    ['without a challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['with the plain method', { code_challenge_method: 'plain' }],
    ['with a method alone', { code_challenge: undefined }],
  ])('§4.8 PKCE downgrade: a request %s is refused', async (_, changes) => {
    expect((await open(changes)).away?.searchParams.get('error')).toBe('invalid_request')
  })

  it('§4.8 PKCE downgrade: a code with a challenge is not redeemed without a verifier', async () => {
    expect((await shop.redeem(await shop.obtainCode(), { code_verifier: '' })).body.error).toBe(
      'invalid_grant',
    )
  })

  it('§4.9 leakage at a resource server: a token is for one API, and others learn nothing of it', async () => {
    await shop.world.app('other-api', { serves: [BILLING] })
    const other = { id: 'other-api', secret: await shop.world.credential('other-api') }
    const { body } = await shop.redeem(await shop.obtainCode())
    const token = String(body.access_token)
    expect((await post(shop.world, '/token/introspection', other, { token })).body).toEqual({ active: false })
  })

  it('§4.10 misuse of stolen access tokens: a bound token is nothing without its key', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const jwk = await exportJWK(publicKey)
    const prove = (htm: string, path: string, claims = {}) =>
      new SignJWT({ htm, htu: `${shop.world.issuer()}${path}`, jti: crypto.randomUUID(), ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .setIssuedAt()
        .sign(privateKey)
    const code = await shop.obtainCode({ scope: 'openid', resource: undefined })
    const parameters = { code, redirect_uri: CALLBACK, code_verifier: shop.pkce.verifier }
    const { body } = await requestToken(
      shop.world,
      me,
      { grant_type: 'authorization_code', ...parameters },
      { dpop: await prove('POST', '/token') },
    )
    const ask = (headers: Record<string, string>) => fetch(`${shop.world.issuer()}/userinfo`, { headers })
    expect(body.token_type).toBe('DPoP')
    expect((await ask({ authorization: `Bearer ${body.access_token}` })).status).toBe(401)
    const hash = await crypto.subtle.digest('SHA-256', Buffer.from(String(body.access_token)))
    const ath = Buffer.from(hash).toString('base64url')
    const dpop = await prove('GET', '/userinfo', { ath })
    expect((await ask({ authorization: `DPoP ${body.access_token}`, dpop })).status).toBe(200)
    expect((await ask({ authorization: `DPoP ${body.access_token}`, dpop })).status).toBe(401)
  })

  it.each([
    ['an unknown app', { client_id: 'nobody' }],
    ['another redirect URI', { redirect_uri: 'https://evil.example/' }],
  ])('§4.11.2 open redirection: with %s nobody is sent anywhere', async (_, changes) => {
    const { away, html } = await open({ ...changes, prompt: 'none' })
    expect(away).toBeUndefined()
    expect(html).not.toContain('evil.example')
  })

  it('§4.12 307 redirect: a form is never sent on with what was typed', async () => {
    const browser = new TestBrowser()
    shop.world.clock.advance(60_000)
    const page = await browser.open(shop.request())
    const action = new URL(/action="([^"]+)"/.exec(page.html)?.[1] ?? '', page.url)
    const token = /name="form" value="([^"]+)"/.exec(page.html)?.[1] ?? ''
    const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join('; ')
    const answer = await fetch(action, {
      method: 'POST',
      redirect: 'manual',
      headers: { cookie, origin: action.origin },
      body: new URLSearchParams({ form: token, user: 'ada', password: PASSWORD, decision: 'sign-in' }),
    })
    // By a page, from which the browser goes on with a GET.
    expect([answer.status, answer.headers.get('location')]).toEqual([200, null])
    expect(answer.headers.get('refresh')).toMatch(/^0; url=http:\/\/[^?]+\/auth\/[\w-]+$/)
  })

  it('§4.13 TLS-terminating proxies: what a caller says of its connection counts for nothing', async () => {
    const forged = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'https',
      'client-cert': ':AAAA:',
      'x-forwarded-client-cert': 'Hash=abc',
    }
    const answer = await fetch(`${shop.world.issuer()}/.well-known/openid-configuration`, { headers: forged })
    expect(await answer.json()).toMatchObject({ issuer: shop.world.issuer() })
    const token = await requestToken(shop.world, { id: 'shop' }, { grant_type: 'client_credentials' }, forged)
    expect(token.status).toBe(401)
  })

  it('§4.14 refresh token replay: whoever comes second ends it for both', async () => {
    const { body } = await shop.redeem(await shop.obtainCode())
    const next = await shop.refresh(body.refresh_token)
    expect((await shop.refresh(body.refresh_token)).body.error).toBe('invalid_grant')
    expect((await shop.refresh(next.body.refresh_token)).body.error).toBe('invalid_grant')
    const told = await post(shop.world, '/token/introspection', me, { token: String(next.body.access_token) })
    expect(told.body).toEqual({ active: false })
  })

  it('§4.16 clickjacking: no page of ours is shown in a frame', async () => {
    const pages = [await open({}), await open({ client_id: 'nobody' })]
    pages.push(await new TestBrowser().open(`${shop.world.issuer()}/device`))
    for (const { headers } of pages) {
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    }
  })

  it('§4.17 in-browser communication: no answer goes to another window', async () => {
    expect((await open({ response_mode: 'web_message' })).away?.searchParams.get('error')).toBe(
      'unsupported_response_mode',
    )
    const found = await fetch(`${shop.world.issuer()}/.well-known/openid-configuration`)
    const { response_modes_supported: modes } = (await found.json()) as { response_modes_supported: string[] }
    expect(modes).toEqual(['query', 'query.jwt', 'jwt'])
  })
})
