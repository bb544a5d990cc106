import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../test-browser.ts'
import { BILLING, post, requestToken, WAREHOUSE } from '../test-kit.ts'
import { CALLBACK, openShop, type Shop } from '../test-shop.ts'

const PAY = { type: 'payment', invoice: 'A-1', cents: 1200 }
const MORE = { type: 'payment', invoice: 'A-2', cents: 99 }
const TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
let shop: Shop
let payer: { id: string; secret: string }
let stock: { id: string; secret: string }

beforeAll(async () => {
  shop = await openShop()
  const { world } = shop
  const grants = ['authorization_code', 'refresh_token', 'client_credentials'] as const
  const spec = { grants: [...grants], redirectUris: [CALLBACK] }
  await world.app('payer', { ...spec, authorizationDetails: ['payment'] })
  await world.app('plain', spec)
  const right = { as: 'delegation', depth: 2, scopes: ['list_items', 'pay'] } as const
  await world.app('stock', {
    grants: ['token_exchange'],
    serves: [BILLING],
    authorizationDetails: ['payment'],
    exchangeRights: [
      { ...right, scopes: [...right.scopes], from: BILLING, to: WAREHOUSE },
      { ...right, scopes: [...right.scopes], from: BILLING, to: BILLING },
    ],
  })
  await world.publish({
    payer: [
      ['billing', ['pay']],
      ['warehouse', ['list_items']],
    ],
    plain: [['billing', ['pay']]],
    stock: [
      ['billing', ['pay']],
      ['warehouse', ['list_items']],
    ],
  })
  payer = { id: 'payer', secret: await world.credential('payer') }
  stock = { id: 'stock', secret: await world.credential('stock') }
})
afterAll(() => shop.world.close())

const asked = (details: unknown, changes: Readonly<Record<string, string | undefined>> = {}) => ({
  client_id: 'payer',
  scope: 'pay',
  resource: BILLING,
  authorization_details: typeof details === 'string' ? details : JSON.stringify(details),
  ...changes,
})
const redeem = async (details: unknown, changes: Record<string, string> = {}) =>
  shop.redeem(await shop.obtainCode(asked(details)), changes, payer)
const detailsOf = (token: unknown) => decodeJwt(String(token)).authorization_details

describe('a rich authorization request (RFC 9396)', () => {
  it('shows the user what exactly is asked for, and lets nothing of it be markup', async () => {
    const next = await shop.signIn(new TestBrowser(), asked([{ ...PAY, invoice: '<b>A-1</b>' }]))
    expect(next.html).toContain('Pay one invoice')
    expect(next.html).toContain('&lt;b&gt;A-1&lt;/b&gt;')
    expect(next.html).not.toContain('<b>A-1')
  })

  it('gives a token that carries what was allowed, tells the app, and introspection', async () => {
    const { body } = await redeem([PAY, MORE])
    expect(body.authorization_details).toEqual([PAY, MORE])
    expect(detailsOf(body.access_token)).toEqual([PAY, MORE])
    const told = await post(shop.world, '/token/introspection', payer, { token: String(body.access_token) })
    expect(told.body).toMatchObject({ active: true, authorization_details: [PAY, MORE] })
  })

  it('lets the user leave out what is not meant, and the app has it neither now nor later', async () => {
    const browser = new TestBrowser()
    const next = await shop.signIn(browser, asked([PAY, MORE]))
    const done = await browser.submit(next, { decision: 'allow' }, '', ['detail-0'])
    const { body } = await shop.redeem(done.away?.searchParams.get('code') ?? '', {}, payer)
    expect(body.authorization_details).toEqual([MORE])
    expect(detailsOf(body.access_token)).toEqual([MORE])
    const again = await shop.refresh(body.refresh_token, {}, payer)
    expect(detailsOf(again.body.access_token)).toEqual([MORE])
    const more = { resource: BILLING, authorization_details: JSON.stringify([PAY]) }
    const refused = await shop.refresh(again.body.refresh_token, more, payer)
    expect(refused.body.error).toBe('invalid_authorization_details')
  })

  it('gives a token without any where the user leaves out all of them, and none where nothing else was asked for', async () => {
    const without = async (scope: string | undefined) => {
      const browser = new TestBrowser()
      const next = await shop.signIn(browser, asked([PAY], { scope }))
      return (await browser.submit(next, { decision: 'allow' }, '', ['detail-0'])).away?.searchParams
    }
    const { body } = await shop.redeem((await without('pay'))?.get('code') ?? '', {}, payer)
    expect({ scope: body.scope, details: detailsOf(body.access_token) }).toEqual({
      scope: 'pay',
      details: undefined,
    })
    expect((await without(undefined))?.get('error')).toBe('access_denied')
  })

  it('may take less of it with each token, and never more (§6)', async () => {
    const { body } = await redeem([PAY, MORE], {
      resource: BILLING,
      authorization_details: JSON.stringify([MORE]),
    })
    expect(detailsOf(body.access_token)).toEqual([MORE])
    const refresh = (details: unknown) =>
      shop.refresh(
        body.refresh_token,
        { resource: BILLING, authorization_details: JSON.stringify(details) },
        payer,
      )
    const wider = await refresh([{ ...PAY, cents: 5000 }])
    expect(wider.body.error).toBe('invalid_authorization_details')
  })

  it('carries them through a refresh', async () => {
    const { body } = await redeem([PAY])
    const again = await shop.refresh(body.refresh_token, {}, payer)
    expect(detailsOf(again.body.access_token)).toEqual([PAY])
  })

  it('does not carry them into what is asked for later without them', async () => {
    const browser = new TestBrowser()
    const next = await shop.signIn(browser, asked([PAY]))
    await browser.submit(next, { decision: 'allow' })
    const { authorization_details: _, ...plain } = asked([PAY])
    const later = await browser.open(shop.request(plain))
    const code = later.away?.searchParams.get('code') ?? ''
    const { body } = await shop.redeem(code, {}, payer)
    expect(detailsOf(body.access_token)).toBeUndefined()
  })

  it('works for an app that acts for itself', async () => {
    const parameters = { grant_type: 'client_credentials', scope: 'pay', resource: BILLING }
    const details = JSON.stringify([PAY])
    const { body } = await requestToken(shop.world, payer, { ...parameters, authorization_details: details })
    expect(detailsOf(body.access_token)).toEqual([PAY])
  })

  it('is told of in the metadata', async () => {
    const answer = await fetch(`${shop.world.issuer()}/.well-known/openid-configuration`)
    expect(await answer.json()).toMatchObject({ authorization_details_types_supported: ['payment'] })
  })

  it.each<[string, unknown, Record<string, string>]>([
    ['they are no JSON', '[', {}],
    ['they are no list', { ...PAY }, {}],
    ['one has no type', [{ invoice: 'A-1' }], {}],
    ['nobody knows the type', [{ type: 'transfer' }], {}],
    ['the app may not ask for the type', [PAY], { client_id: 'plain' }],
    ['another API knows the type', [PAY], { resource: WAREHOUSE, scope: 'list_items' }],
    ['something is missing', [{ type: 'payment', invoice: 'A-1' }], {}],
    ['something is too much', [{ ...PAY, cents: 100_001 }], {}],
    ['something is unknown', [{ ...PAY, payee: 'eve' }], {}],
    ['it is for elsewhere', [{ ...PAY, locations: ['https://evil.example'] }], {}],
    ['there are too many', Array(17).fill(PAY), {}],
    ['they are too long', JSON.stringify([PAY]) + ' '.repeat(9000), {}],
  ])('is refused where %s', async (_, details, changes) => {
    const visit = await new TestBrowser().open(shop.request(asked(details, changes)))
    expect(visit.away?.searchParams.get('error')).toBe('invalid_authorization_details')
  })
})

describe('token exchange', () => {
  const exchange = async (audience: string, changes = {}) => {
    const { body } = await redeem([PAY, MORE])
    return requestToken(shop.world, stock, {
      grant_type: TYPE,
      subject_token: String(body.access_token),
      subject_token_type: ACCESS_TOKEN,
      audience,
      ...changes,
    })
  }

  it('carries on what the next API understands, and less where less is asked for', async () => {
    const same = await exchange(BILLING)
    expect(detailsOf(same.body.access_token)).toEqual([PAY, MORE])
    const less = await exchange(BILLING, {
      resource: BILLING,
      authorization_details: JSON.stringify([PAY]),
    })
    expect(detailsOf(less.body.access_token)).toEqual([PAY])
    const other = await exchange(WAREHOUSE, { scope: 'list_items' })
    expect(detailsOf(other.body.access_token)).toBeUndefined()
  })

  it('never widens them', async () => {
    const wider = await exchange(BILLING, {
      resource: BILLING,
      authorization_details: JSON.stringify([{ ...PAY, cents: 9999 }]),
    })
    expect(wider.body.error).toBe('invalid_authorization_details')
  })
})
