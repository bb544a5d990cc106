import { appendRevocations, fromNow, readRevocations } from '@portcullis/oauth/revocation/revocation-log'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestBrowser } from '../test-browser.ts'
import { BILLING, post, requestToken, type TokenAnswer, WAREHOUSE } from '../test-kit.ts'
import { openShop, type Shop } from '../test-shop.ts'

let shop: Shop
let me: { id: string; secret: string }
let server: { id: string; secret: string }

beforeEach(async () => {
  shop = await openShop()
  await shop.world.app('warehouse-api', { serves: [WAREHOUSE] })
  await shop.world.app('billing-api', { serves: [BILLING] })
  me = { id: 'shop', secret: shop.secret }
  server = { id: 'warehouse-api', secret: await shop.world.credential('warehouse-api') }
})
afterEach(() => shop.world.close())

const obtain = async (changes = {}) => (await shop.redeem(await shop.obtainCode(changes))).body
const introspect = (token: unknown, client: { id: string; secret?: string } = me): Promise<TokenAnswer> =>
  post(shop.world, '/token/introspection', client, { token: String(token) })
const revoke = (token: unknown, client: { id: string; secret?: string } = me): Promise<TokenAnswer> =>
  post(shop.world, '/token/revocation', client, { token: String(token) })
const revokeAll = (what: 'subject' | 'client' | 'grant' | 'session', value: string) =>
  appendRevocations(shop.world.store, [
    { ...fromNow(shop.world.clock, shop.world.issuer(), 3_600_000), what, value },
  ])

describe('introspection', () => {
  it('tells the app whose access token it is, and the backend of its API, all that the token says', async () => {
    const { access_token: token } = await obtain()
    const claims = decodeJwt(String(token))
    expect(claims).toMatchObject({
      sub: 'ada',
      client_id: 'shop',
      aud: WAREHOUSE,
      grant_id: expect.any(String),
    })
    for (const client of [me, server]) {
      const { status, headers, body } = await introspect(token, client)
      expect([status, headers.get('cache-control')]).toEqual([200, 'no-store'])
      expect(body).toEqual({ active: true, token_type: 'Bearer', ...claims })
    }
  })

  it('is signed for the one who asks, where that is wanted (RFC 9701)', async () => {
    const { access_token: token, refresh_token: refresh } = await obtain()
    const accept = { accept: 'application/token-introspection+jwt' }
    const ask = (about: unknown, headers: Readonly<Record<string, string>>) =>
      fetch(`${shop.world.issuer()}/token/introspection`, {
        method: 'POST',
        headers: {
          ...headers,
          authorization: `Basic ${Buffer.from(`${server.id}:${server.secret}`).toString('base64')}`,
        },
        body: new URLSearchParams({ token: String(about) }),
      })
    const answer = await ask(token, accept)
    expect(answer.headers.get('content-type')).toMatch(/^application\/token-introspection\+jwt/)
    expect(answer.headers.get('vary')).toMatch(/accept/i)
    const keys = createRemoteJWKSet(new URL(`${shop.world.issuer()}/jwks`))
    const { payload } = await jwtVerify(await answer.text(), keys, {
      issuer: shop.world.issuer(),
      audience: server.id,
      typ: 'token-introspection+jwt',
      requiredClaims: ['iat'],
    })
    const { body } = await introspect(token, server)
    expect(payload.token_introspection).toEqual(body)
    expect(payload).not.toHaveProperty('sub')
    expect(payload).not.toHaveProperty('exp')
    // Of somebody else's refresh token it says no more than a plain answer would.
    const other = await jwtVerify(await (await ask(refresh, accept)).text(), keys)
    expect(other.payload.token_introspection).toEqual({ active: false })
    expect((await ask(token, {})).headers.get('content-type')).toMatch(/^application\/json/)
    const described = await (await fetch(`${shop.world.issuer()}/.well-known/openid-configuration`)).json()
    expect(described).toMatchObject({ introspection_signing_alg_values_supported: ['ES256'] })
  })

  it('tells an app of its refresh token', async () => {
    const { refresh_token: refresh } = await obtain()
    expect((await introspect(refresh)).body).toMatchObject({ active: true, client_id: 'shop', sub: 'ada' })
  })

  it('tells nobody else even that the token is good', async () => {
    const { access_token: token, refresh_token: refresh } = await obtain()
    const other = { id: 'billing-api', secret: await shop.world.credential('billing-api') }
    for (const client of [other, { id: 'spa' }]) {
      expect((await introspect(token, client)).body).toEqual({ active: false })
      expect((await introspect(refresh, client)).body).toEqual({ active: false })
    }
    expect((await introspect(token, { id: 'shop', secret: 'wrong' })).status).toBe(401)
  })

  it('finds inactive what is altered, foreign, no token at all, or no access token', async () => {
    const { access_token: token, id_token: id } = await obtain({ scope: 'openid list_items' })
    const [head, , signature] = String(token).split('.')
    const forged = Buffer.from(JSON.stringify({ ...decodeJwt(String(token)), sub: 'grace' })).toString(
      'base64url',
    )
    for (const wrong of [`${head}.${forged}.${signature}`, id, 'a.b.c', 'nothing', 'x'.repeat(20_000)]) {
      expect((await introspect(wrong)).body).toEqual({ active: false })
    }
  })

  it('finds inactive what belongs to an app or a grant that is gone', async () => {
    const { access_token: token } = await obtain()
    await shop.world.remove('App', 'shop')
    expect((await introspect(token, server)).body).toEqual({ active: false })
  })
})

describe('revocation', () => {
  it('of an access token ends it, and tells every gateway', async () => {
    const { access_token: token, refresh_token: refresh } = await obtain()
    const { jti, exp } = decodeJwt(String(token))
    expect(await revoke(token)).toMatchObject({ status: 200, body: {} })
    expect((await introspect(token, server)).body).toEqual({ active: false })
    const { entries: revocations } = await readRevocations(shop.world.store, 0, 10)
    expect(revocations).toMatchObject([
      { issuer: shop.world.issuer(), what: 'token', value: jti, until: (exp ?? 0) * 1000 },
    ])
    expect((await shop.refresh(refresh)).status).toBe(200)
  })

  it('of a refresh token ends the access tokens of its grant as well', async () => {
    const { access_token: token, refresh_token: refresh } = await obtain()
    expect((await revoke(refresh)).status).toBe(200)
    expect((await introspect(token, server)).body).toEqual({ active: false })
    const { entries: revocations } = await readRevocations(shop.world.store, 0, 10)
    expect(revocations).toMatchObject([{ what: 'grant', value: decodeJwt(String(token)).grant_id }])
  })

  it('of somebody else’s token changes nothing and does not say so', async () => {
    const { access_token: token } = await obtain()
    for (const client of [server, { id: 'spa' }]) expect((await revoke(token, client)).status).toBe(200)
    expect((await introspect(token)).body.active).toBe(true)
  })

  it('happens to the access tokens of a grant when a code is used twice (RFC 6749 §4.1.2)', async () => {
    const code = await shop.obtainCode()
    const { access_token: token } = (await shop.redeem(code)).body
    expect((await shop.redeem(code)).body.error).toBe('invalid_grant')
    expect((await introspect(token, server)).body).toEqual({ active: false })
  })

  it.each(['subject', 'client', 'grant', 'session'] as const)(
    'of a %s by an operator ends codes, refresh tokens and sign-ins that were there',
    async (what) => {
      const browser = new TestBrowser()
      const first = await browser.submit(await shop.signIn(browser), { decision: 'allow' })
      const { body } = await shop.redeem(first.away?.searchParams.get('code') ?? '')
      const again = await browser.open(shop.request())
      const { sub, client_id: client, grant_id: grant, sid } = decodeJwt(String(body.access_token))
      const value = { subject: sub, client, grant, session: sid }[what]
      await revokeAll(what, String(value))
      expect((await shop.refresh(body.refresh_token)).body.error).toBe('invalid_grant')
      expect((await introspect(body.access_token, server)).body).toEqual({ active: false })
      expect((await introspect(body.refresh_token)).body).toEqual({ active: false })
      const code = again.away?.searchParams.get('code') ?? ''
      expect((await shop.redeem(code)).body.error).toBe('invalid_grant')
      const next = await browser.open(shop.request())
      expect(next.away).toBeUndefined()
    },
  )

  it('outlasts what gateways remember of it', async () => {
    const { refresh_token: refresh } = await obtain()
    await revokeAll('subject', 'ada')
    shop.world.clock.advance(25 * 3_600_000)
    expect((await readRevocations(shop.world.store, 0, 10)).entries).toEqual([])
    expect((await shop.refresh(refresh)).body.error).toBe('invalid_grant')
  })
})

describe('UserInfo', () => {
  const ask = async (token: unknown) => {
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`${shop.world.issuer()}/userinfo`, { headers })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  it('tells who signed in, for a token that is meant for it', async () => {
    const { access_token: token } = await obtain({ scope: 'openid', resource: undefined })
    expect(decodeJwt(String(token)).aud).toBe(`${shop.world.issuer()}/userinfo`)
    expect(await ask(token)).toEqual({ status: 200, body: { sub: 'ada' } })
  })

  it('tells nothing to an API that was called, for the token of an API is for the API alone', async () => {
    const { access_token: token } = await obtain({ scope: 'openid list_items' })
    expect(await ask(token)).toMatchObject({ status: 403, body: { error: 'insufficient_scope' } })
  })

  it('tells nothing once the token is revoked or the user is gone', async () => {
    const { access_token: one } = await obtain({ scope: 'openid', resource: undefined })
    expect((await revoke(one)).status).toBe(200)
    expect((await ask(one)).status).toBe(401)
    const { access_token: two } = await obtain({ scope: 'openid', resource: undefined })
    await shop.world.user('ada', true)
    expect((await ask(two)).status).toBe(401)
  })

  it('is not for an app that acts for itself', async () => {
    const resource = `${shop.world.issuer()}/userinfo`
    const answer = await requestToken(shop.world, server, { grant_type: 'client_credentials', resource })
    expect(answer.body.error).toBe('invalid_target')
  })
})
