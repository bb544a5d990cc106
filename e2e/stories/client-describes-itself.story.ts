import {
  type DocumentHost,
  startDocumentHost,
} from '@portcullis/authserver/client-document/fixture/document-host'
import { TestBrowser } from '@portcullis/authserver/test-browser'
import { decodeJwt } from 'jose'
import * as oauth from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callWarehouse, sampleSecret } from '../src/caller.ts'
import { portcullis } from '../src/command.ts'
import { type System, startSystem } from '../src/system.ts'

const CALLBACK = 'https://editor.example/callback'
const CALLS = 12

describe('a client that nobody here has declared', () => {
  let system: System
  let host: DocumentHost
  /** Tokens of two clients. */
  let one: string
  let two: string
  beforeAll(async () => {
    host = await startDocumentHost()
    system = await startSystem({ PORTCULLIS_APPS_MAY_NAME_PRIVATE_ADDRESSES: 'true' })
    await declare(`${host.origin}/clients/`)
  })
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]()
    await host?.close()
  })

  /** The app that stands for them, and the plan that they share. */
  const declare = (place: string) =>
    system.running.controlPlane?.apply(
      {
        'editors.yaml': `
kind: Plan
organization: hmart
name: editors
spec:
  title: Editors
  product: stock
  policies:
    - policy: rate-limit
      config: { limit: ${CALLS}, window: 1h, by: app }
---
kind: App
organization: hmart
name: editors
spec:
  title: Editors
  grants: [authorization_code, refresh_token]
  clientDocuments: ['${place}']
---
kind: Subscription
organization: hmart
name: editors
spec: { app: editors, product: stock, plan: editors, scopes: [list_items] }
`,
      },
      { actor: 'story' },
    )

  const published = (path: string) =>
    host.publish(path, {
      client_name: 'An editor',
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
    })

  /** Alice signs in and allows it; resolves to the page on which she was asked, and the tokens. */
  async function signIn(id: string) {
    const options = { execute: [oauth.allowInsecureRequests] }
    const issuer = new URL(`${system.running.addresses.authserver}/hmart`)
    const config = await oauth.discovery(issuer, id, undefined, oauth.None(), options)
    expect(config.serverMetadata().client_id_metadata_document_supported).toBe(true)
    const pkceCodeVerifier = oauth.randomPKCECodeVerifier()
    const state = oauth.randomState()
    const url = oauth.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'list_items',
      resource: `${system.running.addresses.gateway}/warehouse/v1`,
      code_challenge: await oauth.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state,
    })
    const browser = new TestBrowser()
    const password = sampleSecret(system, 'password', 'alice')
    const asked = await browser.submit(await browser.open(url.href), {
      ...{ user: 'alice', password, decision: 'sign-in' },
    })
    const { away } = await browser.submit(asked, { decision: 'allow' })
    if (away === undefined) throw new Error('nobody was sent back')
    const tokens = await oauth.authorizationCodeGrant(config, away, {
      pkceCodeVerifier,
      expectedState: state,
    })
    return { page: asked.html, token: tokens.access_token }
  }

  const statusWith = async (token: string) => (await callWarehouse(system, 'GET', '/items', { token })).status

  test('is shown by its host, calls under the plan of the app that stands for it, and is named by its address', async () => {
    const id = published('/clients/one.json')
    const { page, token } = await signIn(id)
    one = token
    expect(page).toContain(`<strong>${new URL(host.origin).host}</strong>`)
    expect(page).toContain('<strong>editor.example</strong>')
    expect(decodeJwt(one)).toMatchObject({ client_id: id, sub: 'alice', scope: 'list_items' })
    await expect.poll(() => statusWith(one)).toBe(200)
    const { decision } = await callWarehouse(system, 'GET', '/items', { token: one })
    const ofClient = () => system.running.controlPlane?.decisions('hmart', { client: id, limit: 10 })
    await expect.poll(async () => (await ofClient())?.map((each) => each.id)).toContain(decision)
    const told = await system.running.controlPlane?.explain('hmart', decision)
    const step = told?.decision.steps.find(({ policy }) => policy === 'subscription')
    expect(step?.saw).toMatchObject({ app: 'editors', plan: 'editors' })
  })

  test('shares the calls of the plan with all others of its kind', async () => {
    two = (await signIn(published('/clients/two.json'))).token
    const statuses: number[] = []
    for (let i = 0; i < CALLS; i++) statuses.push(await statusWith(i % 2 === 0 ? one : two))
    expect(statuses[0]).toBe(200)
    expect([await statusWith(one), await statusWith(two)]).toEqual([429, 429])
  })

  test('is revoked alone, is refused once the place is taken back, and is revoked with all others', async () => {
    const codeOf = async (token: string) => (await callWarehouse(system, 'GET', '/items', { token })).body
    const revoke = (client: string) =>
      portcullis(system.environment, 'revoke', 'hmart', 'client', client, '--wait')
    expect((await revoke(`${host.origin}/clients/one.json`)).code).toBe(0)
    expect(await codeOf(one)).toMatchObject({ code: 'jwt.revoked' })
    expect(await codeOf(two)).toMatchObject({ code: 'rate-limit.exceeded' })
    await declare('https://elsewhere.example/')
    await expect.poll(() => codeOf(two)).toMatchObject({ code: 'subscription.missing' })
    await declare(`${host.origin}/clients/`)
    await expect.poll(() => codeOf(two)).toMatchObject({ code: 'rate-limit.exceeded' })
    expect((await revoke('editors')).code).toBe(0)
    expect(await codeOf(two)).toMatchObject({ code: 'jwt.revoked' })
  })
})
