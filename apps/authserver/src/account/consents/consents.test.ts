import { auditRecords } from '@portcullis/model/collection'
import { readRevocations } from '@portcullis/oauth/revocation/revocation-log'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TestBrowser, type Visit } from '../../test-browser.ts'
import { PASSWORD } from '../../test-kit.ts'
import { CALLBACK_OF_OWN, openShop, type Shop } from '../../test-shop.ts'

let shop: Shop

beforeEach(async () => {
  shop = await openShop()
})
afterEach(() => shop.world.close())

const openConsents = async (browser: TestBrowser, user = 'ada', password = PASSWORD): Promise<Visit> => {
  shop.world.clock.advance(60_000)
  const page = await browser.open(`${shop.world.issuer()}/account/consents`)
  return page.html.includes('Sign in to continue')
    ? browser.submit(page, { user, password, decision: 'sign-in' })
    : page
}

describe('the consents of a user', () => {
  it('tell which app may do what, in the words of the contract', async () => {
    await shop.obtainCode()
    const { html } = await openConsents(new TestBrowser())
    expect(html).toContain('Shop &lt;script&gt;')
    expect(html).toContain('See what is in stock <code>list_items</code> in The warehouse')
    expect(html).toContain('Order items in your name <code>order_item</code>')
  })

  it('are withdrawn with all that they gave, at gateways too, and both are in the audit', async () => {
    const { body } = await shop.redeem(await shop.obtainCode())
    const grant = decodeJwt(String(body.access_token)).grant_id
    shop.world.clock.advance(1_000)
    const browser = new TestBrowser()
    const done = await browser.submit(await openConsents(browser), { decision: 'withdraw' })
    expect(done.html).toContain('may not act for you any more')
    expect(done.html).toContain('You have not allowed any app')
    expect((await shop.refresh(body.refresh_token)).body.error).toBe('invalid_grant')
    const { entries } = await readRevocations(shop.world.store, 0, 10)
    expect(entries).toMatchObject([{ what: 'grant', value: grant }])
    const audit = await shop.world.store.find(auditRecords, 'hmart')
    expect(audit.map(({ value }) => [value.actor, value.action, value.target])).toEqual([
      ['ada', 'consent', `consent/shop/${String(grant)}`],
      ['ada', 'withdraw-consent', `consent/shop/${String(grant)}`],
    ])
    const again = await shop.signIn(new TestBrowser())
    expect(again.html).toContain('Allow Shop')
  })

  it('of others are neither shown nor withdrawn', async () => {
    const { body } = await shop.redeem(await shop.obtainCode())
    const grace = new TestBrowser()
    const page = await openConsents(grace, 'grace', 'another password')
    expect(page.html).toContain('You have not allowed any app')
    const form =
      /name="form" value="([^"]+)"/.exec(
        (await grace.open(`${shop.world.issuer()}/account/security`)).html,
      )?.[1] ?? ''
    const grant = String(decodeJwt(String(body.access_token)).grant_id)
    const tried = await grace.open(
      `${shop.world.issuer()}/account/consents/consents`,
      new URLSearchParams({ form, grant, decision: 'withdraw' }),
    )
    expect(tried.status).toBe(422)
    expect((await shop.refresh(body.refresh_token)).status).toBe(200)
  })
})

describe('consent', () => {
  it('is asked of the user for what no administrator has consented to', async () => {
    const spec = { ...shop.codeGrants, redirectUris: ['https://shop.example/callback'] }
    await shop.world.app('shop', { ...spec, consentedScopes: ['list_items'] })
    const asked = await shop.signIn(new TestBrowser())
    expect(asked.html).toContain('order_item')
    const unasked = await shop.signIn(new TestBrowser(), { scope: 'list_items' })
    expect(unasked.away?.searchParams.get('code')).toBeTruthy()
  })

  it('is asked of nobody by a first-party app', async () => {
    const own = await shop.signIn(new TestBrowser(), { client_id: 'own', redirect_uri: CALLBACK_OF_OWN })
    expect(own.away?.searchParams.get('code')).toBeTruthy()
    expect((await openConsents(new TestBrowser())).html).toContain('You have not allowed any app')
  })
})
