import type { AppSpec } from '@portcullis/model/resource/app'
import type { ExchangeRight } from '@portcullis/model/resource/exchange-right'
import { appendRevocations, fromNow } from '@portcullis/oauth/revocation/revocation-log'
import { calculateJwkThumbprint, decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BILLING, post, requestToken, type TestClient, type TokenAnswer, WAREHOUSE } from '../../test-kit.ts'
import { openShop, type Shop } from '../../test-shop.ts'

/**
 * The chain: app `shop` → the warehouse (app `stock`) → billing (app `ledger`) → the warehouse again, so that every hop
 * has an audience of its own.
 */
let shop: Shop
let stock: TestClient
let ledger: TestClient

const TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const right = (from: string, to: string, changes: Partial<ExchangeRight> = {}): ExchangeRight => ({
  from,
  to,
  scopes: ['pay', 'list_items'],
  as: 'delegation',
  depth: 2,
  ...changes,
})
const intermediary = (serves: string, exchangeRights: AppSpec['exchangeRights']): Partial<AppSpec> => ({
  grants: ['token_exchange', 'client_credentials'],
  serves: [serves],
  ...(exchangeRights !== undefined && { exchangeRights }),
})
const userinfo = () => `${shop.world.issuer()}/userinfo`

beforeAll(async () => {
  shop = await openShop()
  const { world } = shop
  await world.app(
    'stock',
    intermediary(WAREHOUSE, [
      right(WAREHOUSE, BILLING),
      right(WAREHOUSE, userinfo(), { scopes: ['openid'] }),
    ]),
  )
  await world.app('ledger', intermediary(BILLING, [right(BILLING, WAREHOUSE)]))
  await world.app('idle', intermediary(WAREHOUSE, undefined))
  await world.app('silent', intermediary(WAREHOUSE, [right(WAREHOUSE, BILLING, { as: 'impersonation' })]))
  const both = [
    ['warehouse', ['list_items']],
    ['billing', ['list_items', 'pay']],
  ] as const
  const warehouse = [['warehouse', ['list_items', 'order_item']]] as const
  await world.publish({ shop: warehouse, stock: both, ledger: both, silent: both, idle: both })
  stock = { id: 'stock', secret: await world.credential('stock') }
  ledger = { id: 'ledger', secret: await world.credential('ledger') }
})
afterAll(() => shop.world.close())

const obtain = async (): Promise<string> =>
  String((await shop.redeem(await shop.obtainCode())).body.access_token)
const exchange = (
  client: TestClient,
  token: string,
  changes: Readonly<Record<string, string>> = {},
  headers = {},
): Promise<TokenAnswer> =>
  requestToken(
    shop.world,
    client,
    {
      grant_type: TYPE,
      subject_token: token,
      subject_token_type: ACCESS_TOKEN,
      audience: BILLING,
      ...changes,
    },
    headers,
  )

describe('token exchange', () => {
  it('gives a token for the next API alone: the same subject, the app as actor, no longer life', async () => {
    const token = await obtain()
    const { status, headers, body } = await exchange(stock, token, { scope: 'pay' })
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { issued_token_type: ACCESS_TOKEN, token_type: 'Bearer', scope: 'pay' },
    })
    expect(headers.get('cache-control')).toBe('no-store')
    const [before, after] = [decodeJwt(token), decodeJwt(String(body.access_token))]
    expect(after).toMatchObject({
      sub: 'ada',
      aud: BILLING,
      client_id: 'stock',
      scope: 'pay',
      act: { sub: 'stock' },
      grant_id: before.grant_id,
      sid: before.sid,
      auth_time: before.auth_time,
    })
    expect(before.auth_time).toEqual(expect.any(Number))
    expect(after.exp).toBeLessThanOrEqual(before.exp ?? 0)
    expect(after.jti).not.toBe(before.jti)
  })

  it('lengthens the chain of actors at every hop, up to what the right allows', async () => {
    const two = String((await exchange(stock, await obtain())).body.access_token)
    const three = await exchange(ledger, two, { audience: WAREHOUSE })
    expect(decodeJwt(String(three.body.access_token))).toMatchObject({
      sub: 'ada',
      aud: WAREHOUSE,
      act: { sub: 'ledger', act: { sub: 'stock' } },
    })
    const four = await exchange(stock, String(three.body.access_token))
    expect(four).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(four.body.error_description).toContain('more than 2')
  })

  it('is told by introspection and UserInfo', async () => {
    const token = await obtain()
    const next = (await exchange(stock, token)).body.access_token
    const told = await post(shop.world, '/token/introspection', ledger, { token: String(next) })
    expect(told.body).toMatchObject({ active: true, sub: 'ada', act: { sub: 'stock' } })
    const forUserinfo = await exchange(stock, await obtainOpenid(), { audience: userinfo(), scope: 'openid' })
    const authorization = `Bearer ${forUserinfo.body.access_token}`
    const answer = await fetch(userinfo(), { headers: { authorization } })
    expect(await answer.json()).toEqual({ sub: 'ada', act: { sub: 'stock' } })
  })

  it('is recorded with who, for whom, from where to where, and also when it is refused', async () => {
    await exchange(stock, await obtain(), { scope: 'pay' })
    const record = shop.world.log.lines.findLast(({ message }) => message === 'token exchanged')
    expect(record?.fields).toMatchObject({
      client: 'stock',
      subject: 'ada',
      actor: 'stock',
      from: WAREHOUSE,
      to: BILLING,
      scope: 'pay',
      as: 'delegation',
    })
    await exchange(stock, await obtain(), { scope: 'admin' })
    const refusal = shop.world.log.lines.findLast(({ message }) => message === 'exchange refused')
    expect(refusal?.fields).toMatchObject({ client: 'stock', subject: 'ada', to: BILLING })
  })

  it('hides the app in between only where the right says impersonation', async () => {
    const silent = { id: 'silent', secret: await shop.world.credential('silent') }
    const { body } = await exchange(silent, await obtain())
    expect(decodeJwt(String(body.access_token))).not.toHaveProperty('act')
  })

  it('takes an actor token of the app itself, and of nobody else', async () => {
    const own = await requestToken(shop.world, stock, {
      grant_type: 'client_credentials',
      resource: WAREHOUSE,
    })
    const other = await requestToken(shop.world, ledger, {
      grant_type: 'client_credentials',
      resource: BILLING,
    })
    const given = (token: unknown) => ({ actor_token: String(token), actor_token_type: ACCESS_TOKEN })
    const token = await obtain()
    expect((await exchange(stock, token, given(own.body.access_token))).status).toBe(200)
    expect((await exchange(stock, token, given(other.body.access_token))).body.error).toBe('invalid_request')
  })

  it('keeps a bound token bound', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const jwk = await exportJWK(publicKey)
    let count = 0
    const proof = () =>
      new SignJWT({ htm: 'POST', htu: `${shop.world.issuer()}/token`, jti: `p${count++}` })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .setIssuedAt()
        .sign(privateKey)
    const code = await shop.obtainCode()
    const parameters = {
      code,
      redirect_uri: 'https://shop.example/callback',
      code_verifier: shop.pkce.verifier,
    }
    const bound = await requestToken(
      shop.world,
      { id: 'shop', secret: shop.secret },
      { grant_type: 'authorization_code', ...parameters },
      { dpop: await proof() },
    )
    expect(bound.body.token_type).toBe('DPoP')
    const token = String(bound.body.access_token)
    const loose = await exchange(stock, token)
    expect(loose).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    const dpop = await proof()
    const held = await exchange(stock, token, {}, { dpop })
    expect(held.body.token_type).toBe('DPoP')
    expect(decodeJwt(String(held.body.access_token)).cnf).toEqual({ jkt: await calculateJwkThumbprint(jwk) })
    expect((await exchange(stock, token, {}, { dpop })).status).toBe(400)
  })
})

async function obtainOpenid(): Promise<string> {
  const code = await shop.obtainCode({ scope: 'openid list_items' })
  return String((await shop.redeem(code)).body.access_token)
}

describe('token exchange is refused', () => {
  it('to an app without the right, for another target, and beyond the scopes of the right', async () => {
    const token = await obtain()
    const idle = { id: 'idle', secret: await shop.world.credential('idle') }
    expect((await exchange(idle, token)).body.error).toBe('invalid_target')
    expect((await exchange(stock, token, { audience: 'https://api.example/hr/v1' })).body.error).toBe(
      'invalid_target',
    )
    expect((await exchange(stock, token, { scope: 'pay admin' })).body.error).toBe('invalid_scope')
  })

  it('for a token that is for another API: taken at hop two it is worth nothing at hop three', async () => {
    const token = await obtain()
    expect((await exchange(ledger, token, { audience: WAREHOUSE })).body.error).toBe('invalid_request')
  })

  it('to an app whose grants do not name it', async () => {
    const answer = await exchange({ id: 'shop', secret: shop.secret }, await obtain())
    expect(answer.status).toBe(400)
    expect(answer.body.access_token).toBeUndefined()
  })

  it.each([
    ['no subject token', { subject_token: '' }],
    ['an unknown type of subject token', { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }],
    [
      'a type that is not given out',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
    ],
    ['a token that is none', { subject_token: 'a.b.c' }],
    ['a type of an actor token without one', { actor_token_type: ACCESS_TOKEN }],
  ])('for %s', async (_, changes) => {
    expect((await exchange(stock, await obtain(), changes)).body.error).toBe('invalid_request')
  })

  it('for two targets', async () => {
    expect((await exchange(stock, await obtain(), { resource: WAREHOUSE })).body.error).toBe('invalid_target')
  })

  it('once the token, its grant or its user is gone', async () => {
    const { world } = shop
    const [one, two] = [await obtain(), await obtain()]
    const { jti, grant_id } = decodeJwt(one)
    const revoke = (what: 'token' | 'grant', value: unknown) =>
      appendRevocations(world.store, [
        { ...fromNow(world.clock, world.issuer(), 60_000), what, value: String(value) },
      ])
    await world.user('ada', true)
    expect((await exchange(stock, two)).body.error).toBe('invalid_request')
    await world.user('ada')
    expect((await exchange(stock, two)).status).toBe(200)
    await revoke('token', jti)
    expect((await exchange(stock, one)).body.error).toBe('invalid_request')
    await revoke('grant', decodeJwt(two).grant_id ?? grant_id)
    expect((await exchange(stock, two)).body.error).toBe('invalid_request')
  })
})
