import { defaultLifetimes } from '@portcullis/oauth/lifetime'
import * as client from 'openid-client'
import { describe, expect, it } from 'vitest'
import { TestBrowser } from './test-browser.ts'
import { openWorld, PASSWORD, WAREHOUSE } from './test-kit.ts'

describe('starting', () => {
  it('refuses lifetimes that contradict each other', async () => {
    const lifetimes = { ...defaultLifetimes, grantSeconds: 10 }
    await expect(openWorld({ lifetimes })).rejects.toMatchObject({ code: 'lifetimes.contradictory' })
  })

  it('refuses a URL that can be no issuer', async () => {
    await expect(openWorld({ url: 'ftp://auth.example' })).rejects.toMatchObject({
      code: 'authserver-start.bad-url',
    })
    await expect(openWorld({ url: 'https://auth.example?x=1' })).rejects.toMatchObject({
      code: 'authserver-start.bad-url',
    })
  })

  it('behind https marks cookies as secure and demands https', async () => {
    const world = await openWorld({ url: 'https://auth.example/base' })
    await world.app('shop', { grants: ['authorization_code'], redirectUris: ['https://shop.example/cb'] })
    await world.publish({ shop: [['warehouse', ['list_items']]] })
    const port = world.port
    const query = new URLSearchParams({
      client_id: 'shop',
      response_type: 'code',
      redirect_uri: 'https://shop.example/cb',
      scope: 'list_items',
      code_challenge: 'a'.repeat(43),
      code_challenge_method: 'S256',
    })
    const answer = await fetch(`http://127.0.0.1:${port}/base/hmart/auth?${query}`, { redirect: 'manual' })
    expect(answer.headers.get('location')).toMatch(/^\/base\/hmart\/interaction\//)
    expect(answer.headers.get('strict-transport-security')).toContain('max-age=')
    const cookies = answer.headers.getSetCookie()
    expect(cookies.length).toBeGreaterThan(0)
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Secure-portcullis-/)
      expect(cookie).toMatch(/; secure/i)
      expect(cookie).toMatch(/; httponly/i)
      expect(cookie).toMatch(/; samesite=lax/i)
      expect(cookie).toMatch(/; path=\/base\/hmart\//i)
    }
    const metadata = await fetch(`http://127.0.0.1:${port}/.well-known/oauth-authorization-server/base/hmart`)
    expect(await metadata.json()).toMatchObject({
      issuer: 'https://auth.example/base/hmart',
      token_endpoint: 'https://auth.example/base/hmart/token',
    })
    await world.close()
  })
})

describe('a client that knows nothing of us but the standards', () => {
  it('discovers, signs in, checks the ID token, refreshes and revokes', async () => {
    const world = await openWorld()
    const callback = 'https://shop.example/callback'
    await world.app('shop', { grants: ['authorization_code', 'refresh_token'], redirectUris: [callback] })
    await world.user('ada')
    await world.password('ada')
    await world.publish({ shop: [['warehouse', ['list_items']]] })
    const secret = await world.credential('shop')
    const config = await client.discovery(new URL(world.issuer()), 'shop', secret, undefined, {
      execute: [client.allowInsecureRequests],
    })
    const verifier = client.randomPKCECodeVerifier()
    const [state, nonce] = [client.randomState(), client.randomNonce()]
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: callback,
      scope: 'openid list_items',
      resource: WAREHOUSE,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    })
    const browser = new TestBrowser()
    const form = { user: 'ada', password: PASSWORD, decision: 'sign-in' }
    const consent = await browser.submit(await browser.open(url.href), form)
    const { away } = await browser.submit(consent, { decision: 'allow' })
    if (away === undefined) throw new Error(consent.html)
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce }
    const tokens = await client.authorizationCodeGrant(config, away, checks)
    expect(tokens.claims()?.sub).toBe('ada')
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
    expect(refreshed.scope).toBe('list_items')
    await client.tokenRevocation(config, refreshed.refresh_token ?? '')
    await expect(client.refreshTokenGrant(config, refreshed.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    await world.close()
  })
})
