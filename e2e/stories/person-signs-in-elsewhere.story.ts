import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type SamlProvider,
  startSamlProvider,
} from '@portcullis/authserver/upstream/saml/fixture/start-provider'
import { makeSigner } from '@portcullis/saml/fixture/idp'
import { decodeJwt } from 'jose'
import * as client from 'openid-client'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserIsMissing, openBrowser } from '../src/browser.ts'
import { type Callback, openCallback } from '../src/callback.ts'
import { callWarehouse } from '../src/caller.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const indented = (pem: string, by: string): string => pem.trim().replaceAll('\n', `\n${by}`)

describe.skipIf(browserIsMissing)('a person whose company knows her', () => {
  const folder = temporaryFolder()
  const own = makeSigner()
  let system: System
  let callback: Callback
  let browser: Browser
  let corp: SamlProvider
  let authserver: string
  beforeAll(async () => {
    const secrets = join(folder.path, 'secrets')
    mkdirSync(secrets)
    writeFileSync(join(secrets, 'saml-key'), own.key)
    system = await startSystem({ PORTCULLIS_SECRETS_FOLDER: secrets })
    authserver = `${system.running.addresses.authserver}/hmart`
    corp = await startSamlProvider({
      metadataUrl: () => `${authserver}/upstream/corp/metadata`,
      encrypts: true,
      wantsSigned: true,
    })
    callback = await openCallback()
    browser = await openBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await callback?.[Symbol.asyncDispose]()
    await corp?.close()
    await system?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** What the provider tells of itself, read there or written down by operators. */
  const told = {
    redirect: () => `metadata: { url: '${corp.issuer}' }`,
    post: () => `certificates:
    - |
      ${indented(corp.certificate, '      ')}
  signIn: { binding: post, url: '${corp.url}/sso' }`,
  }

  /** As operators of both sides do: who the provider is, and our key with its certificate. */
  const declaration = (binding: 'redirect' | 'post'): string => `
kind: App
organization: hmart
name: order-desk
spec:
  title: Order desk
  grants: [authorization_code, refresh_token]
  redirectUris: ['${callback.redirectUri}']
  signOutRedirectUris: ['${callback.redirectUri}']
  public: true
---
kind: IdentityProvider
organization: hmart
name: corp
spec:
  title: Corp
  type: saml
  issuer: ${corp.issuer}
  ${told[binding]()}
  signingKey:
    key: saml-key
    certificate: |
      ${indented(own.certificate, '      ')}
  decryptionKeys:
    - key: saml-key
      certificate: |
        ${indented(own.certificate, '        ')}
  encrypted: true
  roles: { buyers: [warehouse_buyer] }
`

  /** Back to the app by way of the provider, where that has a place for it: there the sign-in is over too. */
  async function signOut(page: Page, config: client.Configuration, isThereToo: boolean): Promise<void> {
    const before = corp.asked.length
    const post_logout_redirect_uri = callback.redirectUri
    const url = client.buildEndSessionUrl(config, { post_logout_redirect_uri, state: 'bye' })
    await page.goto(url.href)
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${callback.redirectUri}?state=bye`)
    expect(corp.asked.slice(before).map(({ nameID }) => nameID)).toEqual(isThereToo ? ['z-1'] : [])
  }

  test.each(['redirect', 'post'] as const)(
    'goes there by %s, signs in, comes back, agrees, and orders',
    async (binding) => {
      await system.running.controlPlane?.apply({ 'corp.yaml': declaration(binding) }, { actor: 'test' })
      corp.seat({ nameId: 'z-1', attributes: { displayName: ['Zoe'], groups: ['buyers'] } })
      const config = await client.discovery(new URL(authserver), 'order-desk', undefined, client.None(), {
        execute: [client.allowInsecureRequests],
      })
      const verifier = client.randomPKCECodeVerifier()
      const warehouse = `${system.running.addresses.gateway}/warehouse/v1`
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: callback.redirectUri,
        scope: 'list_items order_item',
        resource: warehouse,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        identity_provider: 'corp',
        state: 'state',
      })
      const context = await browser.newContext()
      const page = await context.newPage()
      const back = page.waitForURL(`${callback.redirectUri}?**`)
      await page.goto(url.href)
      if (binding === 'post') await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByRole('button', { name: 'Sign in' }).click()
      // What was allowed once is not asked again.
      const allow = page.getByRole('button', { name: 'Allow', exact: true })
      await Promise.race([back, allow.click()])
      await back
      const tokens = await client.authorizationCodeGrant(
        config,
        new URL(page.url()),
        { pkceCodeVerifier: verifier, expectedState: 'state' },
        { resource: warehouse },
      )
      await signOut(page, config, binding === 'redirect')
      await context.close()
      expect(decodeJwt(tokens.access_token)).toMatchObject({ idp: 'corp', roles: ['warehouse_buyer'] })
      const order = { item: 'kimchi-1kg', quantity: 2 }
      const placed = await callWarehouse(system, 'POST', '/orders', {
        token: tokens.access_token,
        body: order,
      })
      expect(placed.status).toBe(201)
      expect(placed.body).toMatchObject({ ...order, orderedBy: expect.stringMatching(/^corp-/) })
    },
  )
})
