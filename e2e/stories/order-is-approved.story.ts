import { Secret } from '@portcullis/kernel/secret'
import * as client from 'openid-client'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserIsMissing, openBrowser } from '../src/browser.ts'
import { type Callback, openCallback } from '../src/callback.ts'
import { callWarehouse, sampleSecret } from '../src/caller.ts'
import { orderDesk, signIn } from '../src/order-desk.ts'
import { type System, startSystem } from '../src/system.ts'

const APPROVED_TOKEN = 'urn:portcullis:params:oauth:grant-type:approved-token'
const GRACE = 'a password that only Grace knows'

describe.skipIf(browserIsMissing)('an order that somebody must allow', () => {
  let system: System
  let callback: Callback
  let browser: Browser
  let config: client.Configuration
  let alice: Page
  beforeAll(async () => {
    system = await startSystem()
    callback = await openCallback()
    await declare(system, callback.redirectUri)
    browser = await openBrowser()
    alice = await (await browser.newContext()).newPage()
    config = await client.discovery(issuer(system), 'order-desk', undefined, client.None(), {
      execute: [client.allowInsecureRequests],
    })
  })
  afterAll(async () => {
    await browser?.close()
    await callback?.[Symbol.asyncDispose]()
    await system?.[Symbol.asyncDispose]()
  })

  test('waits for the owner’s word, is placed, and ends with the consent', async () => {
    const waiting = await askForToken()
    expect(waiting).toMatchObject({ error: 'authorization_pending', interval: 5 })
    await allowAsGrace()
    const { approval, pick_up, decision } = waiting
    const picked = { approval: String(approval), pick_up: String(pick_up) }
    const tokens = await client.genericGrantRequest(config, APPROVED_TOKEN, picked)
    const order = { item: 'kimchi-1kg', quantity: 2 }
    const placed = await callWarehouse(system, 'POST', '/orders', { token: tokens.access_token, body: order })
    expect(placed.status).toBe(201)
    expect(await explained(String(decision))).toContain(`Approval ${String(approval)} stands between.`)

    await alice.goto(`${issuer(system).href}/account/consents`)
    const page = await alice.locator('main').innerText()
    expect(page).toContain('Order desk')
    expect(page).toContain('Order items from the warehouse')
    await alice.getByRole('button', { name: 'Withdraw' }).click()
    expect(await alice.getByRole('status').innerText()).toContain('may not act for you any more')
    await expect
      .poll(async () => (await callWarehouse(system, 'GET', '/items', { token: tokens.access_token })).status)
      .toBe(401)
  })

  /** What the order desk is told once Alice has signed in and agreed. */
  async function askForToken(): Promise<Record<string, unknown>> {
    const verifier = client.randomPKCECodeVerifier()
    const state = client.randomState()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: callback.redirectUri,
      scope: 'list_items order_item',
      resource: `${system.running.addresses.gateway}/warehouse/v1`,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    })
    await alice.goto(url.href)
    await signIn(alice, 'alice', sampleSecret(system, 'password', 'alice'))
    await alice.getByRole('button', { name: 'Allow', exact: true }).click()
    const back = await callback.arrived
    const checks = { pkceCodeVerifier: verifier, expectedState: state }
    const refused = await client.authorizationCodeGrant(config, back, checks).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    if (!(refused instanceof client.ResponseBodyError))
      throw new Error('there is a token already', { cause: refused })
    return refused.cause as Record<string, unknown>
  }

  async function allowAsGrace(): Promise<void> {
    const page = await (await browser.newContext()).newPage()
    await page.goto(`${issuer(system).href}/account/approvals`)
    await signIn(page, 'grace', GRACE)
    expect(await page.locator('main').innerText()).toContain('order-desk asks for alice for a token')
    await page.getByLabel('Why').fill('for the fair')
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    expect(await page.getByRole('status').innerText()).toBe('You allowed it.')
  }

  async function explained(decision: string): Promise<string> {
    const { controlPlane } = system.running
    const words = async () => (await controlPlane?.explain('hmart', decision))?.words.join('\n')
    await expect.poll(() => words().catch(() => undefined)).toBeDefined()
    return (await words()) ?? ''
  }
})

const issuer = (system: System): URL => new URL(`${system.running.addresses.authserver}/hmart`)

async function declare(system: System, redirectUri: string): Promise<void> {
  const declarations = `${orderDesk(redirectUri)}---
kind: User
organization: hmart
name: grace
spec: { title: Grace, roles: [warehouse_owner] }
---
kind: TokenRules
organization: hmart
name: orders
spec:
  title: The owner allows who orders
  apis: [warehouse]
  rules:
    - name: orders
      outcome:
        approval: { roles: [warehouse_owner], scopes: [order_item], within: 1h }
`
  await system.running.controlPlane?.apply({ 'rules.yaml': declarations }, { actor: 'test' })
  await system.running.controlPlane?.setPassword('hmart', 'grace', new Secret(GRACE))
}
