import * as client from 'openid-client'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserIsMissing, openBrowser } from '../src/browser.ts'
import { type Callback, openCallback } from '../src/callback.ts'
import { callWarehouse, sampleSecret } from '../src/caller.ts'
import { orderDesk, signIn } from '../src/order-desk.ts'
import { type System, startSystem } from '../src/system.ts'

describe.skipIf(browserIsMissing)('a person who signs in with a browser', () => {
  let system: System
  let callback: Callback
  let front: Callback
  let browser: Browser
  let config: client.Configuration
  beforeAll(async () => {
    system = await startSystem()
    front = await openCallback()
    callback = await openCallback(front.redirectUri)
    const declaration = orderDesk(callback.redirectUri, front.redirectUri)
    await system.running.controlPlane?.apply({ 'app.yaml': declaration }, { actor: 'test' })
    browser = await openBrowser()
    config = await client.discovery(
      new URL(`${system.running.addresses.authserver}/hmart`),
      'order-desk',
      undefined,
      client.None(),
      {
        execute: [client.allowInsecureRequests],
      },
    )
  })
  afterAll(async () => {
    await browser?.close()
    await callback?.[Symbol.asyncDispose]()
    await front?.[Symbol.asyncDispose]()
    await system?.[Symbol.asyncDispose]()
  })

  test('reads what the app asks for in the contract’s own words, agrees, and orders', async () => {
    const verifier = client.randomPKCECodeVerifier()
    const state = client.randomState()
    const page = await browser.newPage()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: callback.redirectUri,
      scope: 'openid list_items order_item',
      resource: warehouse(system),
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      prompt: 'consent',
      state,
    })
    await page.goto(url.href)
    await signIn(page, 'alice', 'not her password')
    expect(await page.getByRole('alert').textContent()).toMatch(/user name|password/i)
    await signIn(page, 'alice', sampleSecret(system, 'password', 'alice'))
    const consent = await page.locator('main').innerText()
    expect(consent).toContain('Order desk')
    expect(consent).toContain('Order items from the warehouse')
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    const back = await callback.arrived
    // Browsers hold redirects to where a form may go: those of the app itself too, to whatever origin.
    await page.waitForURL(front.redirectUri)
    const tokens = await client.authorizationCodeGrant(
      config,
      back,
      { pkceCodeVerifier: verifier, expectedState: state },
      { resource: warehouse(system) },
    )

    const order = { item: 'kimchi-1kg', quantity: 2 }
    const placed = await callWarehouse(system, 'POST', '/orders', { token: tokens.access_token, body: order })
    expect(placed.status).toBe(201)
    expect(placed.body).toMatchObject({ ...order, orderedBy: 'alice' })
    await refreshesOnce(system, tokens.refresh_token)
    await signsOut(page)
  })

  /** Asked first; without a session nobody is asked, and the browser is sent back all the same. */
  async function signsOut(page: Page): Promise<void> {
    const url = client.buildEndSessionUrl(config, {
      post_logout_redirect_uri: front.redirectUri,
      client_id: 'order-desk',
      state: 'bye',
    })
    await page.goto(url.href)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${front.redirectUri}?state=bye`)
    await page.goto('about:blank')
    await page.goto(url.href)
    await page.waitForURL(`${front.redirectUri}?state=bye`)
  }

  async function refreshesOnce(on: System, refreshToken: string | undefined): Promise<void> {
    const first = await client.refreshTokenGrant(config, String(refreshToken), { resource: warehouse(on) })
    const listed = await callWarehouse(on, 'GET', '/items', { token: first.access_token })
    expect(listed.status).toBe(200)
    await expect(client.refreshTokenGrant(config, String(refreshToken))).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    await expect(client.refreshTokenGrant(config, String(first.refresh_token))).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  }
})

const warehouse = (system: System): string => `${system.running.addresses.gateway}/warehouse/v1`
