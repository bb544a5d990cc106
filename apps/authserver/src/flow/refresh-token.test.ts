import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestBrowser } from '../test-browser.ts'
import { PASSWORD, type TokenAnswer, WAREHOUSE } from '../test-kit.ts'
import { openShop, type Shop } from '../test-shop.ts'

let shop: Shop

beforeAll(async () => {
  shop = await openShop()
})
afterAll(() => shop.world.close())

async function obtainTokens(): Promise<TokenAnswer> {
  return shop.redeem(await shop.obtainCode())
}

describe('a refresh token', () => {
  it('is only given to an app whose resource names the grant', async () => {
    const credential = await shop.world.credential('once')
    const { status, body } = await shop.redeem(
      await shop.obtainCode({ client_id: 'once' }),
      {},
      { id: 'once', secret: credential },
    )
    expect(status).toBe(200)
    expect(body.refresh_token).toBeUndefined()
  })

  it('gives a new access token and a new refresh token', async () => {
    const first = await obtainTokens()
    const second = await shop.refresh(first.body.refresh_token)
    expect(second).toMatchObject({ status: 200, body: { scope: 'list_items order_item' } })
    expect(second.body.refresh_token).not.toBe(first.body.refresh_token)
    expect(decodeJwt(String(second.body.access_token))).toMatchObject({ sub: 'ada', aud: WAREHOUSE })
  })

  it('may narrow the scopes of a token, never widen them', async () => {
    const first = await shop.redeem(await shop.obtainCode({ scope: 'list_items' }))
    expect((await shop.refresh(first.body.refresh_token, { scope: 'order_item' })).body.error).toBe(
      'invalid_scope',
    )
    const both = await obtainTokens()
    expect((await shop.refresh(both.body.refresh_token, { scope: 'list_items' })).body.scope).toBe(
      'list_items',
    )
  })

  it('used twice, ends the whole family, for thief and owner alike', async () => {
    const first = await obtainTokens()
    const second = await shop.refresh(first.body.refresh_token)
    expect(second.status).toBe(200)
    expect((await shop.refresh(first.body.refresh_token)).body.error).toBe('invalid_grant')
    expect((await shop.refresh(second.body.refresh_token)).body.error).toBe('invalid_grant')
    expect(shop.world.log.lines.some(({ message }) => message === 'grant revoked')).toBe(true)
  })

  it('is spent once, however many present it at the same moment', async () => {
    const first = await obtainTokens()
    const answers = await Promise.all(Array.from({ length: 8 }, () => shop.refresh(first.body.refresh_token)))
    const given = answers.filter(({ status }) => status === 200)
    expect(given).toHaveLength(1)
    for (const { body } of given) expect((await shop.refresh(body.refresh_token)).status).toBe(400)
  })

  it('is good for nothing at another app', async () => {
    const { body } = await obtainTokens()
    const other = { id: 'bills', secret: await shop.world.credential('bills') }
    expect((await shop.refresh(body.refresh_token, {}, other)).body.error).toBe('invalid_grant')
    expect((await shop.refresh(body.refresh_token)).status).toBe(200)
  })

  it('stops when it is revoked', async () => {
    const { body } = await obtainTokens()
    const revoked = await fetch(`${shop.world.issuer()}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`shop:${shop.secret}`).toString('base64')}` },
      body: new URLSearchParams({ token: String(body.refresh_token), token_type_hint: 'refresh_token' }),
    })
    expect(revoked.status).toBe(200)
    expect((await shop.refresh(body.refresh_token)).body.error).toBe('invalid_grant')
  })

  it('is not revoked by an app whose it is not', async () => {
    const { body } = await obtainTokens()
    const other = await shop.world.credential('bills')
    await fetch(`${shop.world.issuer()}/token/revocation`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`bills:${other}`).toString('base64')}` },
      body: new URLSearchParams({ token: String(body.refresh_token) }),
    })
    expect((await shop.refresh(body.refresh_token)).status).toBe(200)
  })

  it('expires when it is not used', async () => {
    const { body } = await obtainTokens()
    shop.world.clock.advance(14 * 86_400_000)
    expect((await shop.refresh(body.refresh_token)).body.error).toBe('invalid_grant')
  })

  it('goes on after its user has signed out', async () => {
    const browser = new TestBrowser()
    const { away } = await browser.submit(await shop.signIn(browser), { decision: 'allow' })
    const { body } = await shop.redeem(away?.searchParams.get('code') ?? '')
    expect((await shop.signOut(browser)).html).toContain('You are signed out')
    expect((await shop.refresh(body.refresh_token)).status).toBe(200)
  })

  it('gives less when the subscription allows less, and nothing when it is cancelled', async () => {
    const { body } = await obtainTokens()
    await shop.subscribeAll(['list_items'])
    const narrowed = await shop.refresh(body.refresh_token)
    expect(narrowed).toMatchObject({ status: 200, body: { scope: 'list_items' } })
    expect(decodeJwt(String(narrowed.body.access_token)).scope).toBe('list_items')
    expect((await shop.refresh(narrowed.body.refresh_token, { scope: 'order_item' })).body.error).toBe(
      'invalid_scope',
    )
    await shop.world.publish({})
    expect((await shop.refresh(narrowed.body.refresh_token)).body.error).toBe('invalid_target')
    // A refused refresh spends nothing: the subscription may come back.
    await shop.subscribeAll()
    expect((await shop.refresh(narrowed.body.refresh_token)).status).toBe(200)
  })

  it('stops when the user is disabled, when removed, and when the password changes', async () => {
    const tokens = [await obtainTokens(), await obtainTokens(), await obtainTokens()]
    await shop.world.user('ada', true)
    expect((await shop.refresh(tokens[0]?.body.refresh_token)).body.error).toBe('invalid_grant')
    await shop.world.remove('User', 'ada')
    expect((await shop.refresh(tokens[1]?.body.refresh_token)).body.error).toBe('invalid_grant')
    await shop.world.user('ada')
    await shop.world.password('ada', PASSWORD, 'hmart', new Date(Date.now() + 2000).toISOString())
    expect((await shop.refresh(tokens[2]?.body.refresh_token)).body.error).toBe('invalid_grant')
    await shop.world.password('ada')
    expect((await shop.refresh(tokens[2]?.body.refresh_token)).status).toBe(200)
  })
})
