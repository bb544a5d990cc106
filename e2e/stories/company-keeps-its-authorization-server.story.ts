import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { freePorts } from '@portcullis/kernel/fixture/free-port'
import { exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'
import * as oauth from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, contractText } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'

const SECRET = 'a secret of the company'
const CALLS = 5

/** The company's own authorization server: JWT access tokens that name the client in `azp` for those of whom it is said. */
async function startCompany(port: number, audience: string, byAzp: readonly string[]): Promise<Server> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const client = (client_id: string) => ({
    ...{ client_id, client_secret: SECRET, redirect_uris: [], response_types: [] },
    grant_types: ['client_credentials'],
    id_token_signed_response_alg: 'ES256' as const,
  })
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: ['till-7', 'till-8', 'stranger'].map(client),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'company-1' }] },
    cookies: { keys: ['none is set'] },
    formats: {
      customizers: {
        jwt: (_, { clientId = '' }, { payload }) => {
          if (payload === undefined || !byAzp.includes(clientId)) return
          payload.azp = clientId
          delete payload.client_id
        },
      },
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'see_things',
          audience,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  } as ConstructorParameters<typeof Provider>[1])
  const server = createServer(provider.callback()).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

describe('a company that keeps its authorization server', () => {
  let system: System
  let backend: Server
  let company: Server
  let issuer: string
  beforeAll(async () => {
    backend = createServer((_, response) => response.end('[]')).listen(0, '127.0.0.1')
    await once(backend, 'listening')
    const [port] = await freePorts(1)
    issuer = `http://127.0.0.1:${port}`
    system = await startSystem()
    company = await startCompany(Number(port), audience('by-client'), ['till-8'])
    await declare()
  })
  afterAll(async () => {
    await system?.[Symbol.asyncDispose]()
    for (const each of [company, backend]) each?.close().closeAllConnections()
  })

  const audience = (api: string) => `${system.running.addresses.gateway}/${api}/v1`

  /** Two APIs, for the two places in which its tokens name the client; and the imported clients with their plan. */
  const declare = (more: Readonly<Record<string, string>> = {}) => {
    const address = backend.address()
    const upstream = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    const served = (name: string, place: string): string => `${apiDeclaration(name, upstream)}      policies:
        - policy: jwt
          config:
            ownIssuer: false
            issuers:
              - issuer: '${issuer}'
                jwksUri: '${issuer}/jwks'
                audiences: ['${audience('by-client')}']
                algorithms: [ES256]
                claims: { client: ${place} }
`
    const app = (name: string, clientId: string): string => `
kind: App
organization: hmart
name: ${name}
spec:
  title: ${name}
  grants: [client_credentials]
${more[name] ?? ''}  external: [{ issuer: '${issuer}', clientId: ${clientId} }]
---
kind: Subscription
organization: hmart
name: ${name}-things
spec: { app: ${name}, product: things, plan: few, scopes: [see_things] }
`
    return system.running.controlPlane?.apply(
      {
        'company.yaml': [
          served('by-client', '/client_id'),
          served('by-azp', '/azp'),
          `
kind: Product
organization: hmart
name: things
spec: { title: Things, apis: [{ api: by-client, version: v1 }, { api: by-azp, version: v1 }] }
---
kind: Plan
organization: hmart
name: few
spec:
  title: Few
  product: things
  policies:
    - policy: rate-limit
      config: { limit: ${CALLS}, window: 1h }
`,
          app('shop-till', 'till-7'),
          app('kiosk', 'till-8'),
        ].join('\n---\n'),
        'by-client.openapi.yaml': contractText(),
        'by-azp.openapi.yaml': contractText(),
      },
      { actor: 'story' },
    )
  }

  async function tokenOf(client: string): Promise<string> {
    const config = await oauth.discovery(new URL(issuer), client, SECRET, undefined, {
      execute: [oauth.allowInsecureRequests],
    })
    const asked = { scope: 'see_things', resource: audience('by-client') }
    return (await oauth.clientCredentialsGrant(config, asked)).access_token
  }

  async function call(api: string, token: string) {
    const response = await fetch(`${audience(api)}/things`, { headers: { Authorization: `Bearer ${token}` } })
    const text = await response.text()
    return {
      status: response.status,
      code: response.ok ? undefined : (JSON.parse(text).code as string),
      decision: response.headers.get('portcullis-decision') ?? '',
    }
  }

  test('has its clients call under plans of ours, and decisions and reports name the app', async () => {
    const { controlPlane } = system.running
    for (const [api, client, app] of [
      ['by-client', 'till-7', 'shop-till'],
      ['by-azp', 'till-8', 'kiosk'],
    ] as const) {
      const token = await tokenOf(client)
      await expect.poll(async () => (await call(api, token)).status).toBe(200)
      const { decision } = await call(api, token)
      const ofApp = () => controlPlane?.decisions('hmart', { client: app, api, limit: 10 })
      await expect.poll(async () => (await ofApp())?.map(({ id }) => id)).toContain(decision)
      const told = await controlPlane?.explain('hmart', decision)
      expect(told?.decision).toMatchObject({ client: app, subject: client })
      const step = told?.decision.steps.find(({ policy }) => policy === 'subscription')
      expect(step?.saw).toMatchObject({ app, subscription: `${app}-things`, product: 'things', plan: 'few' })
    }
  })

  test('has them held to the plan, each app for itself', async () => {
    const token = await tokenOf('till-7')
    for (let i = 0; i < CALLS; i++) await call('by-client', token)
    expect(await call('by-client', token)).toMatchObject({ status: 429, code: 'rate-limit.exceeded' })
    expect(await call('by-azp', await tokenOf('till-8'))).toMatchObject({ status: 200 })
  })

  test('has a client refused that is no app, and a token that names its client elsewhere', async () => {
    const stranger = await tokenOf('stranger')
    const refused = await call('by-client', stranger)
    expect(refused).toMatchObject({ status: 403, code: 'subscription.missing' })
    const named = () => system.running.controlPlane?.explain('hmart', refused.decision)
    await expect
      .poll(async () => (await named()?.catch(() => undefined))?.decision.client)
      .toBe(`stranger@${issuer}`)
    expect(await call('by-azp', stranger)).toMatchObject({ status: 401, code: 'jwt.bad-claims' })
  })

  test('has a revoked app refused at once, and a disabled one for as long as it is', async () => {
    const [till, kiosk] = [await tokenOf('till-7'), await tokenOf('till-8')]
    expect(
      (await portcullis(system.environment, 'revoke', 'hmart', 'client', 'shop-till', '--wait')).code,
    ).toBe(0)
    expect(await call('by-client', till)).toMatchObject({ status: 401, code: 'jwt.revoked' })
    await declare({ kiosk: '  disabled: true\n' })
    await expect.poll(async () => (await call('by-azp', kiosk)).status).toBeGreaterThanOrEqual(401)
    await expect
      .poll(async () => (await call('by-azp', await tokenOf('till-8'))).code)
      .toBe('subscription.missing')
  })
})
