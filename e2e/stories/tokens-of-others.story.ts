import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { freePorts } from '@portcullis/kernel/fixture/free-port'
import { exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'
import * as oauth from 'openid-client'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { sampleSecret, stockViewerToken } from '../src/caller.ts'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, contractText, offerText } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const SECRET = 'a secret of the other server'

const asked = (endpoint: string, more: string): string => `      policies:
        - policy: introspection
          config:
            endpoint: '${endpoint}'
${more}
`

/** A bare authorization server of somebody else, which gives out opaque tokens for one audience. */
async function startForeign(port: number, audience: string): Promise<Server> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const client = (client_id: string) => ({
    ...{ client_id, client_secret: SECRET, redirect_uris: [], response_types: [] },
    grant_types: ['client_credentials'],
    id_token_signed_response_alg: 'ES256' as const,
  })
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [client('their-robot'), client('our-gateway')],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig' }] },
    cookies: { keys: ['none is set'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_, { clientId }) => clientId === 'our-gateway' },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'see_things',
          audience: resource === audience ? audience : 'https://elsewhere.example',
          accessTokenFormat: 'opaque',
        }),
      },
    },
  })
  const server = createServer(provider.callback()).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

describe('tokens about which somebody has to be asked', () => {
  const folder = temporaryFolder()
  let system: System
  let backend: Server
  let foreign: Server
  let issuer: string
  const questions: string[] = []

  beforeAll(async () => {
    backend = createServer((_, response) => response.end('[]')).listen(0, '127.0.0.1')
    await once(backend, 'listening')
    const [port] = await freePorts(1)
    issuer = `http://127.0.0.1:${port}`
    mkdirSync(join(folder.path, 'secrets'))
    writeFileSync(join(folder.path, 'secrets', 'foreign'), SECRET, { mode: 0o600 })
    system = await startSystem({ PORTCULLIS_SECRETS_FOLDER: join(folder.path, 'secrets') })
    const { gateway, authserver } = system.running.addresses
    foreign = await startForeign(Number(port), `${gateway}/theirs/v1`)
    foreign.on('request', ({ url = '' }) => questions.push(url))
    const upstream = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`
    const served = `
---
kind: App
organization: hmart
name: ours-backend
spec: { title: Backend, grants: [client_credentials], serves: ['${gateway}/ours/v1'] }
`
    const control = system.running.controlPlane
    const theirs = asked(
      `${issuer}/token/introspection`,
      `            issuer: '${issuer}'
            client: { id: our-gateway, secret: foreign }
            keepFor: 1s
            apps: { their-robot: stock-viewer }`,
    )
    const offer = offerText('see_things')
    const ownOffer = offer
      .replaceAll('things', 'ours')
      .replaceAll('free', 'free-ours')
      .replaceAll('see_ours', 'see_things')
    await control?.apply({ 'app.yaml': served.slice(5) }, { actor: 'test' })
    const issued = await portcullis(system.environment, 'credential', 'issue', 'hmart/ours-backend')
    writeFileSync(join(folder.path, 'secrets', 'own'), issued.out.trim(), { mode: 0o600 })
    const ours = asked(
      `${authserver}/hmart/token/introspection`,
      `            tokens: all
            client: { id: ours-backend, secret: own }`,
    )
    await control?.apply(
      {
        'theirs.yaml':
          apiDeclaration('theirs', upstream) + theirs + offer.replace('api: things', 'api: theirs'),
        'theirs.openapi.yaml': contractText(),
        'ours.yaml': apiDeclaration('ours', upstream) + ours + ownOffer,
        'ours.openapi.yaml': contractText(),
      },
      { actor: 'test' },
    )
    await vi.waitFor(async () => expect((await call('ours')).status).toBe(401), 30_000)
  })
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]()
    for (const each of [foreign, backend]) each?.close().closeAllConnections()
    folder[Symbol.dispose]()
  })

  async function call(api: string, token?: string): Promise<{ status: number; code: unknown }> {
    const response = await fetch(`${system.running.addresses.gateway}/${api}/v1/things`, {
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
    })
    const text = await response.text()
    return { status: response.status, code: response.ok ? undefined : JSON.parse(text).code }
  }

  /** At an authorization server, by its own client library. */
  async function grantAt(
    server: string,
    client: string,
    secret: string,
    resource: string,
    proof?: oauth.DPoPHandle,
  ) {
    const config = await oauth.discovery(new URL(server), client, secret, undefined, {
      execute: [oauth.allowInsecureRequests],
    })
    const parameters = { scope: resource.includes('/warehouse/') ? 'list_items' : 'see_things', resource }
    return { config, ...(await oauth.clientCredentialsGrant(config, parameters, proof && { DPoP: proof })) }
  }

  const theirToken = async (resource = `${system.running.addresses.gateway}/theirs/v1`) =>
    (await grantAt(issuer, 'their-robot', SECRET, resource)).access_token

  test('are opaque, of another authorization server, and good as long as it says so', async () => {
    const token = await theirToken()
    expect(token).not.toContain('.')
    expect(await call('theirs', token)).toMatchObject({ status: 200 })
    const before = questions.length
    expect(await call('theirs', token)).toMatchObject({ status: 200 })
    expect(questions.slice(before).length).toBeLessThanOrEqual(1)
    await fetch(`${issuer}/token/revocation`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`their-robot:${encodeURIComponent(SECRET)}`)}` },
      body: new URLSearchParams({ token }),
    })
    await expect.poll(async () => call('theirs', token)).toMatchObject({ status: 401 })
  })

  test('are refused where they are for others, made up, or ours', async () => {
    const elsewhere = await theirToken('https://elsewhere.example')
    expect(await call('theirs', elsewhere)).toMatchObject({ status: 401 })
    expect(await call('theirs', 'made-up')).toMatchObject({ status: 401 })
    expect(await call('theirs', await stockViewerToken(system))).toMatchObject({ status: 401 })
  })

  test('are our own, and our authorization server tells the backend for which they are', async () => {
    const { gateway, authserver } = system.running.addresses
    const secret = sampleSecret(system, 'secret', 'stock-viewer')
    const { access_token: token } = await grantAt(
      `${authserver}/hmart`,
      'stock-viewer',
      secret,
      `${gateway}/ours/v1`,
    )
    expect(await call('ours', token)).toMatchObject({ status: 200 })
    expect(await call('ours', await stockViewerToken(system))).toMatchObject({ status: 401 })
  })

  test('bound to a key, are taken with a proof of a client library, once each and by nobody else', async () => {
    const { gateway, authserver } = system.running.addresses
    const secret = sampleSecret(system, 'secret', 'stock-viewer')
    const server = await oauth.discovery(new URL(`${authserver}/hmart`), 'stock-viewer', secret, undefined, {
      execute: [oauth.allowInsecureRequests],
    })
    const handle = () => oauth.randomDPoPKeyPair().then((pair) => oauth.getDPoPHandle(server, pair))
    const proof = await handle()
    const bound = await grantAt(
      `${authserver}/hmart`,
      'stock-viewer',
      secret,
      `${gateway}/warehouse/v1`,
      proof,
    )
    const items = new URL(`${gateway}/warehouse/v1/items`)
    const ask = (DPoP?: oauth.DPoPHandle) =>
      oauth.fetchProtectedResource(
        server,
        bound.access_token,
        items,
        'GET',
        null,
        undefined,
        DPoP && { DPoP },
      )
    expect((await ask(proof)).status).toBe(200)
    expect((await ask(proof)).status).toBe(200)
    for (const other of [await handle(), undefined]) {
      await expect(ask(other)).rejects.toMatchObject({ status: 401 })
    }
    const seen: string[] = []
    const watching = Object.assign(server, {
      [oauth.customFetch]: (url: string, options: { headers: Record<string, string> }) => {
        seen.push(new Headers(options.headers).get('dpop') ?? '')
        return fetch(url, options as RequestInit)
      },
    })
    await oauth.fetchProtectedResource(watching, bound.access_token, items, 'GET', null, undefined, {
      DPoP: proof,
    })
    const replayed = await fetch(items, {
      headers: { Authorization: `DPoP ${bound.access_token}`, DPoP: seen[0] as string },
    })
    expect(replayed.status).toBe(401)
    expect(await replayed.json()).toMatchObject({ code: expect.stringContaining('binding.') })
  })
})
