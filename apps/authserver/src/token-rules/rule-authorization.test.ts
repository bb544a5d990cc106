import { parseCondition } from '@portcullis/cedar/parse'
import { idOf, tokenRules } from '@portcullis/model/collection'
import type { TokenOutcome } from '@portcullis/model/resource/token-rules'
import { acrs } from '@portcullis/oauth/sign-in/acr'
import { openMemoryRisk } from '@portcullis/ports/risk/memory'
import { put, remove } from '@portcullis/ports/store/port'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TestBrowser, type Visit } from '../test-browser.ts'
import { PASSWORD } from '../test-kit.ts'
import { openShop, type Shop } from '../test-shop.ts'

let shop: Shop
let risk = 0

beforeAll(async () => {
  shop = await openShop({ risk: openMemoryRisk(() => risk) })
  await shop.world.organization('hmart', { oneTimeCodes: 'mail' })
})
beforeEach(() => {
  risk = 0
})
afterAll(() => shop.world.close())

async function publish(outcome: TokenOutcome, when?: string): Promise<void> {
  const parsed = when === undefined ? undefined : parseCondition(when)
  if (parsed !== undefined && !parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  const rules = [{ name: 'one', outcome, ...(parsed && { condition: parsed.value }) }]
  const sets = [{ name: 'orders', roles: {}, groups: {}, rules }]
  await shop.world.store.commit([put(tokenRules, 'hmart', idOf.tokenRules, { sets })])
}
const allow = async (browser: TestBrowser, page: Visit): Promise<Visit> =>
  page.away === undefined ? browser.submit(page, { decision: 'allow' }) : page
const errorOf = ({ away }: Visit) => [
  away?.searchParams.get('error'),
  away?.searchParams.get('error_description'),
]
/** As a person reads it in the mail. */
const codeInMail = () => /: (\d{4} \d{4})/.exec(shop.world.mail.sent.at(-1)?.text ?? '')?.[1] ?? ''
const recorded = (code: string) =>
  expect
    .poll(async () => (await shop.world.events.find('hmart', { code, limit: 1 })).at(0)?.token?.grant)
    .toBe('authorization_code')

describe('at the authorization page', () => {
  it('a user whom rules ask for a second factor is asked there and then, and the token says so', async () => {
    await publish({ stepUp: { acr: acrs.multiFactor } }, 'context.scopes.contains("order_item")')
    const browser = new TestBrowser()
    const page = await shop.signIn(browser)
    expect(page.html).toContain('Enter the code that you get by mail')
    const proved = await browser.submit(page, { code: codeInMail(), decision: 'verify' })
    const { away } = await allow(browser, proved)
    const { status, body } = await shop.redeem(away?.searchParams.get('code') ?? '')
    expect(status).toBe(200)
    expect(decodeJwt(String(body.access_token)).acr).toBe(acrs.multiFactor)
    await recorded('token-rules.step-up')
  })

  it('nobody is asked for it whose token the rules let pass', async () => {
    await publish({ stepUp: { acr: acrs.multiFactor } }, 'context.scopes.contains("order_item")')
    const page = await shop.signIn(new TestBrowser(), { scope: 'list_items' })
    expect(page.html).toContain('Allow')
  })

  it('a user who signed in too long ago signs in again, and prompt=none says that they must', async () => {
    await publish({ stepUp: { maxAge: '1h' } })
    const browser = new TestBrowser()
    expect((await allow(browser, await shop.signIn(browser))).away?.searchParams.get('code')).toBeTruthy()
    expect((await browser.open(shop.request())).away?.searchParams.get('code')).toBeTruthy()
    shop.world.clock.advance(4_000_000)
    expect(errorOf(await browser.open(shop.request({ prompt: 'none' })))[0]).toBe('login_required')
    const page = await browser.open(shop.request())
    expect(page.html).toContain('name="password"')
    const done = await browser.submit(page, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
    expect((await allow(browser, done)).away?.searchParams.get('code')).toBeTruthy()
  })

  it('what rules refuse is told to the app before there is a code, and recorded', async () => {
    await publish({ refuse: 'not on Sundays' })
    const before = await shop.signIn(new TestBrowser())
    expect(errorOf(before)).toEqual(['access_denied', 'the token rules refuse it: not on Sundays'])
    expect(before.away?.searchParams.get('code')).toBeNull()
    await recorded('token-rules.refused')
  })

  it('nobody is kept out of the own account by rules about tokens', async () => {
    await publish({ stepUp: { acr: acrs.multiFactor } })
    shop.world.clock.advance(60_000)
    const browser = new TestBrowser()
    const page = await browser.open(`${shop.world.issuer()}/account/security`)
    const account = await browser.submit(page, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
    expect([account.status, account.url]).toEqual([200, `${shop.world.issuer()}/account/security`])
  })

  it('rules that were taken away and given anew are not those of before', async () => {
    await shop.world.store.commit([remove(tokenRules, 'hmart', idOf.tokenRules)])
    await publish({ refuse: 'one' })
    expect(errorOf(await shop.signIn(new TestBrowser()))[1]).toContain('one')
    await shop.world.store.commit([remove(tokenRules, 'hmart', idOf.tokenRules)])
    await publish({ refuse: 'two' })
    expect(errorOf(await shop.signIn(new TestBrowser()))[1]).toContain('two')
  })

  it('a demand that nobody can meet is told, and nobody is asked in vain', async () => {
    await publish({ stepUp: { acr: 'urn:example:retina' } })
    expect(errorOf(await shop.signIn(new TestBrowser()))[0]).toBe('insufficient_user_authentication')
  })

  it('what looks at who asks from where waits for the app, whose code is not spent by a refusal', async () => {
    await publish({ refuse: 'this is too risky' }, 'context.risk > 50')
    risk = 80
    const code = await shop.obtainCode()
    expect((await shop.redeem(code)).body.error_description).toContain('this is too risky')
    risk = 10
    expect((await shop.redeem(code)).status).toBe(200)
    expect((await shop.redeem(code)).body.error).toBe('invalid_grant')
  })

  it('a risky browser is asked for more, though the app may not be risky later', async () => {
    await publish({ stepUp: { acr: acrs.multiFactor } }, 'context.risk > 50')
    risk = 80
    expect((await shop.signIn(new TestBrowser())).html).toContain('Enter the code that you get by mail')
  })

  it('people who are to approve are asked when the token is, and nobody signs in twice for that', async () => {
    await publish({ approval: { roles: ['owner'], count: 1 } })
    const answer = await shop.redeem(await shop.obtainCode())
    expect(answer.body.error).toBe('authorization_pending')
  })
})
