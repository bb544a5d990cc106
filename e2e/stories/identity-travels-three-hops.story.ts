import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { decodeJwt, type JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sampleSecret } from '../src/caller.ts'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, contractText } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const APIS = ['a', 'b', 'c'] as const
type Api = (typeof APIS)[number]

/** What an API saw of its call, and of the one that it made in turn. */
interface Seen {
  readonly claims: JWTPayload
  readonly next?: Answer
}
interface Answer {
  readonly status: number
  readonly decision: string
  readonly seen?: Seen
}

describe('an app that calls an API that calls an API that calls an API', () => {
  const folder = temporaryFolder()
  const secrets = new Map<string, string>()
  /** As it came to each API, for whoever takes it from there. */
  const tokens = new Map<Api, string>()
  let system: System
  let backend: Server
  beforeAll(async () => {
    const vault = join(folder.path, 'secrets')
    mkdirSync(vault)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(join(vault, 'identity-key'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    system = await startSystem({ PORTCULLIS_SECRETS_FOLDER: vault })
    backend = createServer((request, response) => void answer(request, response))
    backend.listen(0, '127.0.0.1')
    await once(backend, 'listening')
    const url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`
    await system.running.controlPlane?.apply(bundle(url), { actor: 'story' })
    for (const app of ['desk', 'api-a', 'api-b', 'api-c']) {
      const issued = await system.running.controlPlane?.issueCredential('hmart', app)
      secrets.set(app, issued?.secret.reveal() ?? '')
    }
  })
  afterAll(async () => {
    backend?.close().closeAllConnections()
    await system?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  const audience = (api: Api) => `http://localhost:${system.environment.PORTCULLIS_GATEWAY_PORT}/${api}/v1`

  /** The APIs get the token that is for them, and C the gateway's word besides. */
  function bundle(url: string): Record<string, string> {
    const apps = APIS.map((api, i) => {
      const next = APIS[i + 1]
      const rights =
        next === undefined ? [] : [{ from: audience(api), to: audience(next), scopes: ['see_things'] }]
      return {
        name: `api-${api}`,
        spec: {
          title: `The backend of ${api}`,
          // The last one goes nowhere, but for a right that it was never called with.
          grants: ['token_exchange'],
          serves: [audience(api)],
          exchangeRights:
            rights.length > 0 ? rights : [{ from: audience('c'), to: audience('c'), scopes: [] }],
        },
      }
    })
    const desk = { title: 'The desk', grants: ['password'] }
    const declared = [
      ...[{ name: 'desk', spec: desk }, ...apps].map((app) => ({ kind: 'App', ...app })),
      {
        kind: 'Product',
        name: 'hops',
        spec: { title: 'Hops', apis: APIS.map((api) => ({ api, version: 'v1' })) },
      },
      { kind: 'Plan', name: 'hops-free', spec: { title: 'Free', product: 'hops' } },
      ...['desk', ...apps.map(({ name }) => name)].map((app) => ({
        kind: 'Subscription',
        name: `${app}-hops`,
        spec: { app, product: 'hops', plan: 'hops-free', scopes: ['see_things'] },
      })),
    ]
    const policies = (api: Api) => `      policies:
        - { policy: jwt, config: { forwardToken: true } }
${api === 'c' ? '        - { policy: identity-token, config: { key: identity-key } }\n' : ''}      deployments:`
    return {
      'hops.yaml': declared.map((each) => JSON.stringify({ organization: 'hmart', ...each })).join('\n---\n'),
      ...Object.fromEntries(
        APIS.flatMap((api) => [
          [`${api}.yaml`, apiDeclaration(api, `${url}/${api}`).replace('      deployments:', policies(api))],
          [`${api}.openapi.yaml`, contractText()],
        ]),
      ),
    }
  }

  /** An API: it says what it was called with, and calls the next one in the name of the same user. */
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const api = request.url?.split('/')[1] as Api
    const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
    tokens.set(api, token)
    const next = APIS[APIS.indexOf(api) + 1]
    const seen: Seen = {
      claims: decodeJwt(token),
      ...(next !== undefined && { next: await call(next, await exchanged(`api-${api}`, token, next)) }),
    }
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(seen))
  }

  async function call(api: Api, token: string): Promise<Answer> {
    const reply = await fetch(`${system.running.addresses.gateway}/${api}/v1/things`, {
      headers: { Authorization: `Bearer ${token}` },
    })
    const decision = String(reply.headers.get('portcullis-decision'))
    const body = (await reply.json()) as Seen
    return { status: reply.status, decision, ...(reply.status === 200 && { seen: body }) }
  }

  async function ask(app: string, form: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
    const basic = Buffer.from(`${app}:${secrets.get(app)}`).toString('base64')
    const answered = await fetch(`${system.running.addresses.authserver}/hmart/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${basic}` },
      body: new URLSearchParams({ scope: 'see_things', ...form }),
    })
    return (await answered.json()) as Record<string, unknown>
  }

  const exchange = (app: string, token: string, to: Api) =>
    ask(app, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: audience(to),
    })
  const exchanged = async (app: string, token: string, to: Api) =>
    String((await exchange(app, token, to)).access_token)

  test('is the same user at every hop, for each API alone, with whoever acted named', async () => {
    await expect.poll(async () => (await call('c', 'none')).status).toBe(401)
    const { access_token: token } = await ask('desk', {
      grant_type: 'password',
      username: 'alice',
      password: sampleSecret(system, 'password', 'alice'),
      resource: audience('a'),
    })
    const a = await call('a', String(token))
    const b = a.seen?.next
    const c = b?.seen?.next
    const hops = [a, b, c].map((hop) => hop?.seen?.claims)
    expect([a, b, c].map((hop) => hop?.status)).toEqual([200, 200, 200])
    expect(hops.map((claims) => claims?.sub)).toEqual(['alice', 'alice', 'alice'])
    expect(hops.map((claims) => claims?.aud)).toEqual([audience('a'), audience('b'), audience('c')])
    expect(hops.map((claims) => claims?.client_id)).toEqual(['desk', 'api-a', 'api-b'])
    expect(hops.map((claims) => claims?.act)).toEqual([
      undefined,
      { sub: 'api-a' },
      { sub: 'api-b', act: { sub: 'api-a' } },
    ])
    const ends = hops.map((claims) => claims?.exp ?? 0)
    expect(ends.toSorted((one, other) => other - one)).toEqual(ends)

    const explain = async () => (await portcullis(system.environment, 'explain', c?.decision ?? '')).out
    await expect.poll(explain).toContain('The chain of trust:')
    const told = await explain()
    expect(told).toContain('1. the user "alice"')
    expect(told).toContain('2. the app "api-a", which acted for "alice"')
    expect(told).toContain('3. the app "api-b", on behalf of "alice", with a token of ')
    expect(told).toContain(`for ${audience('c')}, good until `)
  })

  test('opens nothing else with a token that was taken on the way', async () => {
    const taken = tokens.get('b') ?? ''
    expect((await call('b', taken)).status).toBe(200)
    expect([(await call('c', taken)).status, (await call('a', taken)).status]).toEqual([401, 401])
    // Whoever took it can't exchange it either: it was for B, and only B's own app may.
    expect(await exchange('api-a', taken, 'b')).toMatchObject({ error: 'invalid_request' })
    expect(await exchange('api-c', taken, 'c')).toMatchObject({ error: 'invalid_request' })
  })

  test('goes no further than a right says', async () => {
    const last = tokens.get('c') ?? ''
    expect(await exchange('api-c', last, 'a')).toMatchObject({ error: 'invalid_target' })
    // From A to C there is no right, whatever B may.
    expect(await exchange('api-a', tokens.get('a') ?? '', 'c')).toMatchObject({ error: 'invalid_target' })
  })
})
