import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type SecondProvider,
  startSecondProvider,
} from '@portcullis/authserver/upstream/fixture/second-provider'
import { decodeJwt } from 'jose'
import * as client from 'openid-client'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserIsMissing, openBrowser } from '../src/browser.ts'
import { type Callback, openCallback } from '../src/callback.ts'
import { callWarehouse } from '../src/caller.ts'
import { portcullis } from '../src/command.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const SECRET = 'what the head office gave us'

describe.skipIf(browserIsMissing)('somebody whom another provider knows', () => {
  const folder = temporaryFolder()
  let system: System
  let callback: Callback
  let office: SecondProvider
  let browser: Browser
  let token: string
  beforeAll(async () => {
    const vault = join(folder.path, 'secrets')
    mkdirSync(vault)
    writeFileSync(join(vault, 'head-office'), SECRET)
    system = await startSystem({ PORTCULLIS_SECRETS_FOLDER: vault })
    callback = await openCallback()
    const here = `${system.running.addresses.authserver}/hmart/upstream/head-office`
    office = await startSecondProvider([
      { client_id: 'portcullis', client_secret: SECRET, redirect_uris: [`${here}/callback`] },
    ])
    office.seat({ sub: 'zoe', name: 'Zoe', groups: ['buyers'] })
    await system.running.controlPlane?.apply(declared(), { actor: 'story' })
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await office?.close()
    await callback?.[Symbol.asyncDispose]()
    await system?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const declared = () => ({
    'office.yaml': [
      {
        kind: 'IdentityProvider',
        name: 'head-office',
        spec: {
          title: 'Head office',
          type: 'oidc',
          issuer: office.url,
          clientId: 'portcullis',
          authentication: { by: 'secret', secret: 'head-office' },
          mailDomains: ['office.example'],
          roles: { buyers: ['warehouse_buyer'] },
        },
      },
      {
        kind: 'App',
        name: 'till',
        spec: {
          title: 'The till',
          grants: ['authorization_code'],
          redirectUris: [callback.redirectUri],
          public: true,
        },
      },
      {
        kind: 'Subscription',
        name: 'till-warehouse',
        spec: { app: 'till', product: 'stock', plan: 'staff', scopes: ['list_items'] },
      },
    ]
      .map((each) => JSON.stringify({ organization: 'hmart', ...each }))
      .join('\n---\n'),
  })

  const resource = () => `http://localhost:${system.environment.PORTCULLIS_GATEWAY_PORT}/warehouse/v1`

  test('is sent there by the address, comes back, and calls with a token of ours', async () => {
    const config = await client.discovery(
      new URL(`${system.running.addresses.authserver}/hmart`),
      'till',
      undefined,
      client.None(),
      { execute: [client.allowInsecureRequests] },
    )
    const verifier = client.randomPKCECodeVerifier()
    const state = client.randomState()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: callback.redirectUri,
      scope: 'openid list_items',
      resource: resource(),
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
    })
    const page = await browser.newPage()
    await page.goto(url.href)
    expect(await page.locator('input[type=password]').count()).toBe(0)
    await page.getByLabel('User name').fill('zoe@office.example')
    await page.getByRole('button', { name: 'Continue', exact: true }).click()
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    const tokens = await client.authorizationCodeGrant(
      config,
      await callback.arrived,
      { pkceCodeVerifier: verifier, expectedState: state },
      { resource: resource() },
    )
    token = tokens.access_token
    const claims = decodeJwt(token)
    expect(claims.sub).toMatch(/^head-office-[a-z2-7]{26}$/)
    expect(claims).toMatchObject({ idp: 'head-office', roles: ['warehouse_buyer'] })
    await expect.poll(async () => (await callWarehouse(system, 'GET', '/items', { token })).status).toBe(200)
  }, 30_000)

  test('is signed out of the gateway when the provider says so', async () => {
    const now = Math.floor(Date.now() / 1000)
    const notice = await office.sign({
      iss: office.url,
      aud: 'portcullis',
      iat: now,
      exp: now + 60,
      jti: 'n1',
      sub: 'zoe',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    })
    const told = await fetch(`${system.running.addresses.authserver}/hmart/upstream/head-office/notice`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: notice }),
    })
    expect(told.status).toBe(200)
    await expect.poll(async () => (await callWarehouse(system, 'GET', '/items', { token })).status).toBe(401)
  })

  test('is listed with the ways in, and removed by whoever operates it', async () => {
    const user = String(decodeJwt(token).sub)
    const run = (...words: string[]) => portcullis(system.environment, 'federation', ...words)
    const links = await run('links', 'hmart', user)
    expect(links.out).toContain('head-office  as zoe')
    const [link = ''] = links.out.split(' ')
    expect((await run('users', 'hmart')).out).toContain(`${user}  `)
    expect((await run('unlink', 'hmart', link)).out).toContain('no longer signs in with head-office')
    expect((await run('remove', 'hmart', user)).out).toContain('is removed')
  }, 30_000)
})
