import { auditRecords, entitlements, idOf, tokenRules } from '@portcullis/model/collection'
import type { PreparedRuleSet } from '@portcullis/model/token-rules'
import { openApprovals } from '@portcullis/oauth/approval/approvals'
import { put } from '@portcullis/ports/store/port'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SCOPE_REQUEST } from '../provider/client.ts'
import { TestBrowser, type Visit } from '../test-browser.ts'
import { BILLING, PASSWORD, requestToken, WAREHOUSE } from '../test-kit.ts'
import { openShop, type Shop } from '../test-shop.ts'

let shop: Shop
let robot: { readonly id: string; readonly secret: string }

const owner = { roles: ['owner'], count: 1 }

const publish = (...requests: NonNullable<PreparedRuleSet['requests']>) =>
  shop.world.store.commit([
    put(tokenRules, 'hmart', idOf.tokenRules, {
      sets: [
        {
          name: 'warehouse',
          apis: ['warehouse'],
          roles: { admin: ['order_item'] },
          groups: {},
          rules: [{ name: 'listing', outcome: { approval: { ...owner, scopes: ['list_items'] } } }],
          requests,
        },
      ],
    }),
  ])

beforeEach(async () => {
  shop = await openShop()
  const { world } = shop
  const spec = { title: 'grace', disabled: false, roles: ['owner'] }
  await world.apply({ kind: 'User', organization: 'hmart', name: 'grace', spec })
  await world.app('robot', { grants: ['client_credentials'] })
  const warehouse = ['warehouse', ['list_items', 'order_item']] as const
  await world.publish({ shop: [warehouse], robot: [warehouse] })
  robot = { id: 'robot', secret: await world.credential('robot') }
})
afterEach(() => shop.world.close())

const ask = (scope: string, resource = WAREHOUSE, client: { id: string; secret?: string } = robot) =>
  requestToken(shop.world, client, { grant_type: SCOPE_REQUEST, scope, resource })
const obtain = (scope: string) =>
  requestToken(shop.world, robot, { grant_type: 'client_credentials', scope, resource: WAREHOUSE })
const approve = (id: string) =>
  openApprovals(shop.world).decide('hmart', id, 'grace', { verdict: 'approve', reason: '' })
const openAccount = async (browser: TestBrowser): Promise<Visit> => {
  shop.world.clock.advance(60_000)
  const page = await browser.open(`${shop.world.issuer()}/account/consents`)
  return browser.submit(page, { user: 'ada', password: PASSWORD, decision: 'sign-in' })
}

describe('scopes that an app asks for in advance', () => {
  it('are given at once where the rules say so, and end with their time', async () => {
    await publish({ scopes: ['order_item', 'list_items'], apps: ['robot'], life: '1h' })
    expect((await obtain('order_item')).body.error).toBe('access_denied')
    expect((await ask('order_item')).body).toMatchObject({ state: 'given', scope: 'order_item' })
    expect((await obtain('order_item')).body.scope).toBe('order_item')
    shop.world.clock.advance(3_600_000)
    expect((await obtain('order_item')).body.error).toBe('access_denied')
  })

  it('wait for their approvers, and lift the approval of each token then', async () => {
    await publish({ scopes: ['list_items'], apps: ['robot'], approvers: owner, life: '30d' })
    expect((await obtain('list_items')).body.error).toBe('authorization_pending')
    const { body } = await ask('list_items')
    expect(body).toMatchObject({ state: 'pending', approval: expect.stringMatching(/^apr_/) })
    expect((await obtain('list_items')).body.error).toBe('authorization_pending')
    await approve(String(body.approval))
    expect((await obtain('list_items')).body.scope).toBe('list_items')
    const audit = await shop.world.store.find(auditRecords, 'hmart')
    expect(audit.map(({ value }) => value.action)).toContain('approve')
  })

  it('are refused where nobody offers them: other apps, other scopes, other APIs, and who cannot prove who it is', async () => {
    await publish({ scopes: ['order_item'], apps: ['robot'], life: '1h' })
    const shopItself = { id: 'shop', secret: shop.secret }
    expect((await ask('order_item', WAREHOUSE, shopItself)).body.error).toBe('invalid_scope')
    expect((await ask('list_items')).body.error).toBe('invalid_scope')
    expect((await ask('order_item', BILLING)).body.error).toBe('invalid_scope')
    expect((await ask('order_item', WAREHOUSE, { id: 'spa' })).body.error).toBe('invalid_client')
    expect(await shop.world.store.find(entitlements, 'hmart')).toEqual([])
  })
})

describe('scopes that a user asks for in advance', () => {
  it('are asked for on their page, given by an approver, and given back with all tokens', async () => {
    await publish({ scopes: ['order_item', 'list_items'], approvers: owner, life: '1d' })
    const browser = new TestBrowser()
    const page = await openAccount(browser)
    expect(page.html).toContain('Order items in your name')
    const fields = { audience: WAREHOUSE, decision: 'ask' }
    for (const scope of ['order_item', 'list_items']) {
      const asked = await browser.submit(page, { ...fields, scope })
      expect(asked.html).toContain('Others decide now')
    }
    for (const { id } of await openApprovals(shop.world).list('hmart')) await approve(id)
    const { body } = await shop.redeem(await shop.obtainCode())
    expect(body.scope).toBe('list_items order_item')
    shop.world.clock.advance(1_000)
    const [first] = await shop.world.store.find(entitlements, 'hmart')
    const form = /name="form" value="([^"]+)"/.exec(page.html)?.[1] ?? ''
    const back = { form, entitlement: first?.id ?? '', decision: 'give-back' }
    const action = `${shop.world.issuer()}/account/consents/scopes`
    const done = await browser.open(action, new URLSearchParams(back))
    expect(done.html).toContain('Sign in to continue')
    expect((await shop.refresh(body.refresh_token)).body.error).toBe('invalid_grant')
    expect(await shop.world.store.find(entitlements, 'hmart')).toHaveLength(1)
  })

  it('are not offered to who lacks the role, and others’ are not theirs to give back', async () => {
    await publish({ scopes: ['order_item'], from: ['staff'], life: '1d' })
    const browser = new TestBrowser()
    expect((await openAccount(browser)).html).not.toContain('Ask for it')
  })
})
