import { openApprovals } from '@portcullis/oauth/approval/approvals'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestBrowser, type Visit } from '../../test-browser.ts'
import { PASSWORD } from '../../test-kit.ts'
import { openShop, type Shop } from '../../test-shop.ts'

let shop: Shop

beforeAll(async () => {
  shop = await openShop()
  const spec = { title: 'grace', disabled: false, roles: ['owner'] }
  await shop.world.apply({ kind: 'User', organization: 'hmart', name: 'grace', spec })
})
afterAll(() => shop.world.close())

const ask = (title = 'The <shop> wants to order') =>
  openApprovals(shop.world).ask('hmart', {
    kind: 'token',
    title,
    details: { scopes: ['order_item', 'list_items'], amount: 7 },
    asker: { app: 'shop', user: 'ada' },
    approvers: { roles: ['owner'], count: 1 },
    withinMillis: 3_600_000,
  })
const openPage = async (browser: TestBrowser, user: string, password: string): Promise<Visit> => {
  shop.world.clock.advance(60_000)
  const page = await browser.open(`${shop.world.issuer()}/account/approvals`)
  return browser.submit(page, { user, password, decision: 'sign-in' })
}

it('an approver sees what is asked for, and decides with a reason', async () => {
  const { id } = await ask()
  const browser = new TestBrowser()
  const page = await openPage(browser, 'grace', 'another password')
  expect(page.html).toContain('The &lt;shop&gt; wants to order')
  expect(page.html).toContain('scopes: <code>order_item list_items</code>')
  const done = await browser.submit(page, { decision: 'approve', reason: 'for the fair' })
  expect(done.html).toContain('You allowed it.')
  expect(done.html).toContain('Nothing waits for your approval')
  expect((await openApprovals(shop.world).get('hmart', id))?.decisions).toMatchObject([
    { by: 'grace', verdict: 'approve', reason: 'for the fair' },
  ])
  expect((await browser.submit(page, { decision: 'refuse' })).status).toBe(422)
})

it('who has no role, or has asked, sees nothing and decides nothing', async () => {
  const { id } = await ask('Again')
  const browser = new TestBrowser()
  const page = await openPage(browser, 'ada', PASSWORD)
  expect(page.html).not.toContain('Again')
  const security = await browser.open(`${shop.world.issuer()}/account/security`)
  const form = /name="form" value="([^"]+)"/.exec(security.html)?.[1] ?? ''
  const tried = await browser.open(
    `${shop.world.issuer()}/account/approvals/approvals`,
    new URLSearchParams({ form, approval: id, decision: 'approve' }),
  )
  expect(tried.status).toBe(422)
  expect((await openApprovals(shop.world).get('hmart', id))?.decisions).toEqual([])
})
