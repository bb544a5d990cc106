import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askForToken } from '../src/caller.ts'
import { portcullis } from '../src/command.ts'
import { apiDeclaration, contractText, offerText, writeFiles } from '../src/declaration.ts'
import { type System, startSystem } from '../src/system.ts'
import { temporaryFolder } from '../src/temporary-folder.ts'

const STOCK = 'https://stock.example'

const offer = offerText('see_things')

const text = async (message: IncomingMessage): Promise<string> => (await message.toArray()).join('')

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The authorization server of the backend's people: it gives out opaque tokens and remembers what each is for. */
function openAuthorizationServer() {
  const asked: URLSearchParams[] = []
  const good = new Map<string, { readonly audience: string | null; readonly subject: string }>()
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request))
    asked.push(form)
    const subject = form.get('subject_token')
    const token = `stock-token-${asked.length}`
    good.set(token, {
      audience: form.get('resource'),
      subject: subject === null ? 'gateway' : String(decodeJwt(subject).sub),
    })
    response.setHeader('Content-Type', 'application/json')
    response.end(
      JSON.stringify({
        access_token: token,
        token_type: 'Bearer',
        expires_in: 300,
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }),
    )
  })
  return { server, asked, good }
}

describe('a backend', () => {
  const folder = temporaryFolder()
  const foreign = openAuthorizationServer()
  const agent = new Agent({ keepAlive: true, maxSockets: 32 })
  let system: System
  let backend: Server
  let backendUrl: string
  let tokenUrl: string
  let token: string
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined
  beforeAll(async () => {
    const secrets = join(folder.path, 'secrets')
    mkdirSync(secrets)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    writeFileSync(join(secrets, 'identity-key'), privateKey.export({ type: 'pkcs8', format: 'pem' }))
    writeFileSync(join(secrets, 'stock-client'), 'the secret of the gateway')
    system = await startSystem({ PORTCULLIS_SECRETS_FOLDER: secrets, PORTCULLIS_GATEWAY_THREADS: '2' })
    backend = createServer(answer)
    backendUrl = await listen(backend)
    tokenUrl = await listen(foreign.server)
  })
  afterAll(async () => {
    agent.destroy()
    for (const server of [backend, foreign.server]) server?.close().closeAllConnections()
    await system?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  })

  /** Believes nobody: it verifies the gateway's word, and takes the tokens of its own authorization server alone. */
  async function answer(request: IncomingMessage, response: import('node:http').ServerResponse) {
    const [, bearer = ''] = request.headers.authorization?.split(' ') ?? []
    const known = foreign.good.get(bearer)
    if (known?.audience !== STOCK) {
      response.writeHead(401).end('not a token for the stock')
      return
    }
    const said = String(request.headers['portcullis-identity'])
    const url = `${system.running.addresses.gateway}/.well-known/portcullis/identity-keys`
    keys ??= createRemoteJWKSet(new URL(url))
    const identity = await jwtVerify(said, keys, {
      audience: backendUrl,
      typ: 'portcullis-identity+jwt',
    }).then(
      ({ payload }) => payload,
      (thrown: Error) => thrown.message,
    )
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ subject: known.subject, identity, headers: request.headers }))
  }

  async function call(): Promise<{ status: number; decision: string; body: string }> {
    const headers = { Authorization: `Bearer ${token}`, 'Portcullis-Identity': 'forged' }
    const url = `${system.running.addresses.gateway}/things/v1/things`
    const [reply] = (await once(get(url, { agent, headers }), 'response')) as [IncomingMessage]
    const decision = String(reply.headers['portcullis-decision'])
    return { status: reply.statusCode ?? 0, decision, body: await text(reply) }
  }

  async function apply(backendAuth: string): Promise<void> {
    const policies = `      policies:
        - policy: identity-token
          config: { key: identity-key }
        - policy: backend-auth
          config:
            ${backendAuth}
`
    writeFiles(folder.path, {
      'bundle/things.yaml':
        apiDeclaration('things', backendUrl).replace('      deployments:', `${policies}      deployments:`) +
        offer,
      'bundle/things.openapi.yaml': contractText(),
    })
    const applied = await portcullis(system.environment, 'apply', '-f', join(folder.path, 'bundle'))
    expect(applied).toMatchObject({ code: 0 })
  }

  const settings = () =>
    `{ tokenEndpoint: '${tokenUrl}', audience: '${STOCK}', client: { id: gateway, secret: stock-client } }`

  test('learns who calls from a token for itself alone, got for the caller’s, and from the gateway’s word', async () => {
    await apply(`tokenExchange: ${settings()}`)
    const granted = await askForToken(system, {
      scope: 'see_things',
      resource: `http://localhost:${system.environment.PORTCULLIS_GATEWAY_PORT}/things/v1`,
    })
    expect(granted.status).toBe(200)
    token = String(granted.body.access_token)
    await expect.poll(async () => (await call()).status).toBe(200)
    const { body } = await call()
    const told = JSON.parse(body)
    expect(told.subject).toBe('stock-viewer')
    expect(told.identity).toMatchObject({ sub: 'stock-viewer', client_id: 'stock-viewer', aud: backendUrl })
    expect(told.identity.exp - told.identity.iat).toBeLessThanOrEqual(60)
    expect(body).not.toContain(token)
    expect(foreign.asked).toHaveLength(1)
    expect(foreign.asked[0]?.get('subject_token')).toBe(token)
  })

  test('and explain shows the chain of trust, without a secret', async () => {
    const { decision } = await call()
    const explain = async () => (await portcullis(system.environment, 'explain', decision)).out
    await expect.poll(explain).toContain('The chain of trust:')
    const told = await explain()
    expect(told).toContain('1. the app "stock-viewer", for itself, with a token of ')
    expect(told).toContain(`2. the gateway spoke for the caller by identity-token, issued by `)
    expect(told).toContain(
      `3. the gateway spoke for the caller by token-exchange, as "gateway", issued by ${tokenUrl}, for ${STOCK}, good until `,
    )
    expect(told).toContain('4. the backend answered with 200')
    for (const secret of [token, 'stock-token', 'the secret of']) expect(told).not.toContain(secret)
  })

  test('that takes a token of the gateway’s own costs one token request for a thousand calls in two threads', async () => {
    await apply(`clientCredentials: ${settings()}`)
    const before = foreign.asked.length
    await expect.poll(async () => JSON.parse((await call()).body).subject).toBe('gateway')
    // What those who looked for the new revision had fetched is refused from now on.
    const old = [...foreign.good.keys()].at(-1) as string
    foreign.good.delete(old)
    const all = await Promise.all(Array.from({ length: 1_000 }, call))
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([200]))
    expect(foreign.asked).toHaveLength(before + 2)
  }, 30_000)
})
