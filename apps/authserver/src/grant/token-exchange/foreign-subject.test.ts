import { decodeJwt, type JWTPayload } from 'jose'
import { beforeAll, describe, expect, it } from 'vitest'
import { BILLING, requestToken, type TestClient, WAREHOUSE } from '../../test-kit.ts'
import { useFederatedShop } from '../../upstream/fixture/federated-shop.ts'

const FOREIGN = 'https://api.office.example/stock'

const { shop, second, declare, newPerson } = await useFederatedShop({
  subjectTokens: { audiences: [FOREIGN] },
})
let api: TestClient

beforeAll(async () => {
  const { world } = shop
  await world.app('stock-api', {
    grants: ['token_exchange'],
    serves: [FOREIGN],
    exchangeRights: [{ from: FOREIGN, to: BILLING, scopes: ['pay'], as: 'delegation', depth: 4 }],
  })
  await world.publish({ 'stock-api': [['billing', ['pay']]], shop: [['warehouse', ['list_items']]] })
  api = { id: 'stock-api', secret: await world.credential('stock-api') }
})

const tokenOf = (claims: JWTPayload = {}, header: Readonly<Record<string, string>> = {}): Promise<string> => {
  const { world } = shop
  const now = Math.floor(world.clock.now() / 1000)
  const good = { iss: second.url, sub: 'zoe', aud: FOREIGN, client_id: 'their-app', jti: 'j1' }
  return second.sign({ ...good, iat: now, exp: now + 120, ...claims }, { typ: 'at+jwt', ...header })
}

const exchange = (token: string, client = api, changes: Readonly<Record<string, string>> = {}) =>
  requestToken(shop.world, client, {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: token,
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    resource: BILLING,
    scope: 'pay',
    ...changes,
  })

describe('a token of an identity provider', () => {
  it('is exchanged in the name of the user here whom its subject is', async () => {
    second.seat({ sub: 'zoe' })
    const { claims } = await newPerson().obtainTokens({ scope: 'list_items' })
    const { status, body } = await exchange(await tokenOf())
    expect({ status, body }).toMatchObject({ status: 200, body: { scope: 'pay' } })
    const got = decodeJwt(String(body.access_token))
    expect(got).toMatchObject({
      iss: shop.world.issuer(),
      sub: claims.sub,
      aud: BILLING,
      client_id: 'stock-api',
      idp: 'head-office',
      act: { sub: 'stock-api' },
    })
    // Nobody relies here on how somebody signed in elsewhere.
    expect(got.acr).toBeUndefined()
    expect((got.exp ?? 0) - Math.floor(Date.now() / 1000)).toBeLessThanOrEqual(120)
  })

  it('never takes the name of a user or an app of ours', async () => {
    const subjects = await Promise.all(
      ['ada', 'grace', 'shop'].map(async (sub) => {
        const { body } = await exchange(await tokenOf({ sub }))
        return String(decodeJwt(String(body.access_token)).sub)
      }),
    )
    for (const sub of subjects) expect(sub).toMatch(/^head-office-[a-z2-7]{26}$/)
    expect(new Set(subjects).size).toBe(3)
  })

  it('names who acts there as theirs, and lets nobody act whom it does not name', async () => {
    const chain = await exchange(await tokenOf({ act: { sub: 'ada', act: { sub: 'their-api' } } }))
    expect(decodeJwt(String(chain.body.access_token)).act).toEqual({
      sub: 'stock-api',
      act: {
        sub: 'ada',
        iss: second.url,
        act: { sub: 'their-api', iss: second.url },
      },
    })
    // The app of that name there is not ours.
    const theirs = await exchange(await tokenOf({ may_act: { sub: 'stock-api' } }))
    expect(theirs.body.error).toBe('invalid_request')
    const { world } = shop
    const ours = await exchange(await tokenOf({ may_act: { sub: 'stock-api', iss: world.issuer() } }))
    expect(ours.status).toBe(200)
  })

  it('is refused unless it is good, of that provider, for this app, and of a user', async () => {
    const now = Math.floor(shop.world.clock.now() / 1000)
    const good = await tokenOf()
    const wrong = [
      await tokenOf({ aud: 'https://api.office.example/other' }),
      await tokenOf({ exp: now - 60 }),
      await tokenOf({ iss: 'https://evil.example' }),
      await tokenOf({ sub: 'their-app' }),
      await tokenOf({}, { typ: 'JWT' }),
      `${good.slice(0, -8)}AAAAAAAA`,
      'a.b.c',
    ]
    for (const token of wrong) expect((await exchange(token)).body.error).toBe('invalid_request')
    const { world } = shop
    await world.app('other-api', {
      grants: ['token_exchange'],
      serves: [BILLING],
      exchangeRights: [{ from: BILLING, to: BILLING, scopes: ['pay'], as: 'delegation', depth: 4 }],
    })
    const other = { id: 'other-api', secret: await world.credential('other-api') }
    expect((await exchange(good, other)).body.error).toBe('invalid_request')
    const unlike = await exchange(good, api, { resource: FOREIGN })
    expect(unlike.status).toBe(400)
  })

  it('is not taken for an audience beside those that the provider may speak to here', async () => {
    const { world } = shop
    await world.app('beside-api', {
      grants: ['token_exchange'],
      serves: [WAREHOUSE],
      exchangeRights: [{ from: WAREHOUSE, to: BILLING, scopes: ['pay'], as: 'delegation', depth: 4 }],
    })
    await world.publish({ 'stock-api': [['billing', ['pay']]], 'beside-api': [['billing', ['pay']]] })
    const beside = { id: 'beside-api', secret: await world.credential('beside-api') }
    const token = await tokenOf({ aud: [WAREHOUSE, FOREIGN] })
    expect((await exchange(token, beside)).body.error).toBe('invalid_request')
    expect((await exchange(token)).status).toBe(200)
  })

  it('is not taken of a disabled user, as an actor’s, or once the declaration does not allow it', async () => {
    const { body } = await exchange(await tokenOf({ sub: 'yan' }))
    const user = String(decodeJwt(String(body.access_token)).sub)
    await shop.world.user(user, true)
    expect((await exchange(await tokenOf({ sub: 'yan' }))).status).toBe(400)
    const actor = { actor_token: await tokenOf(), actor_token_type: 'urn:ietf:params:oauth:token-type:jwt' }
    expect((await exchange(await tokenOf(), api, actor)).body.error).toBe('invalid_request')
    await declare({ subjectTokens: { audiences: [FOREIGN] } }, 'keyed')
    expect((await exchange(await tokenOf())).body.error).toBe('invalid_request')
    await declare({}, 'keyed')
    expect((await exchange(await tokenOf())).status).toBe(200)
    await declare({ accounts: 'linked', subjectTokens: { audiences: [FOREIGN] } })
    expect((await exchange(await tokenOf({ sub: 'new' }))).body.error).toBe('invalid_request')
    await declare()
    expect((await exchange(await tokenOf())).body.error).toBe('invalid_request')
  })
})
