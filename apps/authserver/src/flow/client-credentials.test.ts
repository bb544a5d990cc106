import { credentials } from '@portcullis/model/collection'
import { put } from '@portcullis/ports/store/port'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BILLING, openWorld, requestToken, WAREHOUSE, type World } from '../test-kit.ts'

let world: World
let secret: string
const ask = (parameters: Record<string, string> | [string, string][], credential = secret, id = 'stock') =>
  requestToken(
    world,
    { id, secret: credential },
    Array.isArray(parameters)
      ? [['grant_type', 'client_credentials'], ...parameters]
      : { grant_type: 'client_credentials', ...parameters },
  )

beforeAll(async () => {
  world = await openWorld()
  await world.app('stock', {})
  await world.app('both', {})
  await world.app('alone', {})
  await world.publish({
    stock: [['warehouse', ['list_items']]],
    both: [
      ['warehouse', ['list_items', 'order_item']],
      ['billing', ['list_items', 'pay']],
    ],
  })
  secret = await world.credential('stock')
})
afterAll(() => world.close())

describe('client credentials', () => {
  it('give an RFC 9068 token for exactly one audience, signed with a published ES256 key', async () => {
    const { status, headers, body } = await ask({ scope: 'list_items', resource: WAREHOUSE })
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 600, scope: 'list_items' },
    })
    expect(headers.get('cache-control')).toBe('no-store')
    const jwks = (await (await fetch(`${world.issuer()}/jwks`)).json()) as JSONWebKeySet
    expect(jwks.keys.every((key) => key.d === undefined)).toBe(true)
    const { payload, protectedHeader } = await jwtVerify(String(body.access_token), createLocalJWKSet(jwks), {
      issuer: world.issuer(),
      audience: WAREHOUSE,
      typ: 'at+jwt',
      algorithms: ['ES256'],
    })
    expect(protectedHeader.kid).toBe(jwks.keys[0]?.kid)
    const { iat, exp, jti, ...claims } = payload
    expect(claims).toEqual({
      iss: world.issuer(),
      sub: 'stock',
      aud: WAREHOUSE,
      client_id: 'stock',
      scope: 'list_items',
    })
    expect((exp ?? 0) - (iat ?? 0)).toBe(600)
    expect(jti).toMatch(/^.{20,}$/)
  })

  it('take the secret in the body as well', async () => {
    const body = { grant_type: 'client_credentials', client_secret: secret, scope: 'list_items' }
    expect(await requestToken(world, { id: 'stock' }, body)).toMatchObject({ status: 200 })
  })

  it('use the only audience that fits when no resource is named', async () => {
    const token = await ask({ scope: 'pay' }, await world.credential('both'), 'both')
    const payload = String(token.body.access_token).split('.')[1] ?? ''
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ aud: BILLING })
  })

  it('give a token without scopes when none is asked for, never all', async () => {
    const { status, body } = await ask({ resource: WAREHOUSE })
    expect(status).toBe(200)
    expect(body.scope).toBeUndefined()
  })

  it('log what was issued and to whom, without token or secret', async () => {
    const { body } = await ask({ scope: 'list_items' })
    const line = world.log.lines.findLast(({ message }) => message === 'token issued')
    expect(line?.fields).toMatchObject({
      organization: 'hmart',
      client: 'stock',
      grant: 'client_credentials',
      audience: WAREHOUSE,
      scope: 'list_items',
      subject: 'stock',
    })
    const log = JSON.stringify(world.log.lines)
    expect(log).not.toContain(secret)
    expect(log).not.toContain(String(body.access_token))
  })
})

describe('client credentials are refused', () => {
  it.each([
    [
      'a scope beyond the subscription, by name',
      { scope: 'list_items order_item' },
      'invalid_scope',
      "'order_item'",
    ],
    ['a scope of a contract to which nobody subscribes', { scope: 'pay' }, 'invalid_scope', "'pay'"],
    ['a scope that exists nowhere', { scope: 'admin' }, 'invalid_scope', "'admin'"],
    ['an identity that nobody has', { scope: 'openid' }, 'invalid_scope', "'openid'"],
    [
      'a resource without subscription',
      { scope: 'list_items', resource: BILLING },
      'invalid_target',
      'unknown',
    ],
    ['an unknown resource', { resource: 'https://elsewhere.example/' }, 'invalid_target', 'unknown'],
    ['a resource that is no URL', { resource: 'warehouse' }, 'invalid_target', ''],
  ])('for %s', async (_, parameters, error, description) => {
    const answer = await ask(parameters)
    expect(answer).toMatchObject({
      status: 400,
      body: { error, error_description: expect.stringContaining(description) },
    })
    expect(answer.body.access_token).toBeUndefined()
  })

  it('for two resources at once', async () => {
    const answer = await ask(
      [
        ['resource', WAREHOUSE],
        ['resource', BILLING],
      ],
      await world.credential('both'),
      'both',
    )
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
  })

  it('without a resource when more than one fits, saying to name one', async () => {
    const answer = await ask({ scope: 'list_items' }, await world.credential('both'), 'both')
    expect(answer.body).toMatchObject({
      error: 'invalid_target',
      error_description: expect.stringContaining('resource parameter'),
    })
  })

  it('for an app without any subscription', async () => {
    const answer = await ask({}, await world.credential('alone'), 'alone')
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
  })

  it('for a wrong secret, an unknown app and a missing secret, all in the same words', async () => {
    const wrong = await ask({ scope: 'list_items' }, `${secret}x`)
    const unknown = await ask({ scope: 'list_items' }, secret, 'nobody')
    expect(wrong).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(unknown.body).toEqual(wrong.body)
    expect(wrong.headers.get('www-authenticate')).toContain('Basic')
    const missing = await requestToken(world, { id: 'stock' }, { grant_type: 'client_credentials' })
    expect(missing).toMatchObject({ status: 401, body: wrong.body })
  })

  it('for the hash of the secret, as one finds it in the store', async () => {
    const stored = await world.store.find(credentials, 'hmart')
    expect(JSON.stringify(stored)).not.toContain(secret)
    for (const { value } of stored) expect((await ask({}, value.hash)).status).toBe(401)
  })

  it('for a grant that the app resource does not name', async () => {
    await world.app('code-only', { grants: ['authorization_code'], redirectUris: ['https://app.example/cb'] })
    const answer = await ask({ scope: 'list_items' }, await world.credential('code-only'), 'code-only')
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  it.each(['password', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code', ''])(
    'for the grant type "%s", which is not offered',
    async (grant) => {
      const answer = await requestToken(world, { id: 'stock', secret }, { grant_type: grant })
      expect(answer.status).toBe(400)
      expect(['unsupported_grant_type', 'invalid_request']).toContain(answer.body.error)
    },
  )

  it('for a public app, which has no secret to prove itself', async () => {
    await world.app('public', {
      public: true,
      grants: ['client_credentials', 'authorization_code'],
      redirectUris: ['https://app.example/cb'],
    })
    const answer = await requestToken(world, { id: 'public' }, { grant_type: 'client_credentials' })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })
})

describe('credentials', () => {
  it('overlap while they are rotated, and each ends by itself', async () => {
    const expiresAt = new Date(world.clock.now() + 60_000).toISOString()
    const old = await world.credential('both', { id: 'old', expiresAt })
    const fresh = await world.credential('both', { id: 'fresh' })
    expect((await ask({ scope: 'pay' }, old, 'both')).status).toBe(200)
    expect((await ask({ scope: 'pay' }, fresh, 'both')).status).toBe(200)
    world.clock.advance(60_000)
    expect((await ask({ scope: 'pay' }, old, 'both')).status).toBe(401)
    expect((await ask({ scope: 'pay' }, fresh, 'both')).status).toBe(200)
  })

  it('stop at the very next request when revoked', async () => {
    const kept = await world.credential('both', { id: 'revoked-soon' })
    expect((await ask({ scope: 'pay' }, kept, 'both')).status).toBe(200)
    const document = await world.store.get(credentials, 'hmart', 'revoked-soon')
    if (document === undefined) throw new Error('the credential is not there')
    const revokedAt = new Date(world.clock.now()).toISOString()
    await world.store.commit([put(credentials, 'hmart', 'revoked-soon', { ...document.value, revokedAt })])
    expect((await ask({ scope: 'pay' }, kept, 'both')).status).toBe(401)
  })

  it('stop at the very next request when the app is removed', async () => {
    await world.app('short-lived', {})
    const kept = await world.credential('short-lived')
    await world.publish({ stock: [['warehouse', ['list_items']]], 'short-lived': [['billing', ['pay']]] })
    expect((await ask({ scope: 'pay' }, kept, 'short-lived')).status).toBe(200)
    await world.remove('App', 'short-lived')
    expect((await ask({ scope: 'pay' }, kept, 'short-lived')).status).toBe(401)
  })

  it('give what was published last, at once', async () => {
    await world.publish({ stock: [['warehouse', ['list_items', 'order_item']]] })
    expect((await ask({ scope: 'order_item' })).status).toBe(200)
    await world.publish({})
    expect((await ask({ scope: 'order_item' })).body).toMatchObject({ error: 'invalid_scope' })
  })

  it('of another organization open nothing here, even for an app of the same name', async () => {
    await world.organization('acme')
    await world.app('stock', {}, 'acme')
    await world.publish({ stock: [['warehouse', ['list_items']]] })
    await world.publish({ stock: [['warehouse', ['list_items']]] }, 'acme')
    const theirs = await world.credential('stock', {}, 'acme')
    const parameters = { grant_type: 'client_credentials', scope: 'list_items' }
    expect(
      (await requestToken(world, { id: 'stock', secret: theirs, organization: 'acme' }, parameters)).status,
    ).toBe(200)
    expect((await requestToken(world, { id: 'stock', secret: theirs }, parameters)).status).toBe(401)
    expect(
      (await requestToken(world, { id: 'stock', secret, organization: 'acme' }, parameters)).status,
    ).toBe(401)
    const keysOf = async (organization: string) => (await fetch(`${world.issuer(organization)}/jwks`)).text()
    expect(await keysOf('acme')).not.toBe(await keysOf('hmart'))
  })
})
