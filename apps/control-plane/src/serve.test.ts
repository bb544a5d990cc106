import { request } from 'node:http'
import { openApiClient } from '@portcullis/api-client/client'
import { Fault } from '@portcullis/kernel/fault'
import type { Store } from '@portcullis/ports/store/port'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openContractCompiler } from './contract/contract-compiler.ts'
import { type ServedControlPlane, serveControlPlane } from './serve.ts'
import {
  changed,
  faultOf,
  findingsOf,
  openTestSite,
  type TestIssuer,
  type TestSite,
  testDecision,
  testIssuer,
  URLS,
  WAREHOUSE,
} from './test-kit.ts'

const ALL = 'resources.read resources.write decisions.read gateway.sync'
let site: TestSite
let issuer: TestIssuer
let served: ServedControlPlane

beforeEach(async () => {
  site = await openTestSite()
  issuer = testIssuer(site.clock.now())
  const { controlPlane, clock, log } = site
  const listen = { host: '127.0.0.1', port: 0 }
  served = await serveControlPlane(controlPlane, { listen, keys: issuer.keys, clock, log, ...URLS })
})

afterEach(async () => {
  await served.close()
  await site.controlPlane.close()
})

function clientWith(scope: string) {
  return openApiClient({ url: served.url, token: async () => issuer.token(scope) })
}

function send(path: string, token?: string, init: RequestInit = {}): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return fetch(served.url + path, {
    ...init,
    headers: { ...authorization, ...(init.headers as Record<string, string>) },
  })
}

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = (await response.json()) as Record<string, unknown>
  expect(problem).toMatchObject({
    status: response.status,
    remedy: expect.any(String),
    title: expect.any(String),
  })
  expect(problem.type).toBe(`urn:portcullis:fault:${String(problem.code)}`)
  return problem
}

function post(body: unknown, type = 'application/json'): RequestInit {
  return {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': type },
  }
}

describe('who may call', () => {
  it('asks for a token and names the scope', async () => {
    const response = await send('/v1/bundle')
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer realm="${URLS.url}/v1", scope="resources.read"`,
    )
    expect((await problemOf(response)).code).toBe('management.no-credentials')
  })

  it('refuses a token without the scope, and names it', async () => {
    const response = await send(
      '/v1/bundle/apply',
      issuer.token('resources.read decisions.read'),
      post({ files: {} }),
    )
    expect(response.status).toBe(403)
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer realm="${URLS.url}/v1", error="insufficient_scope", scope="resources.write"`,
    )
    expect((await problemOf(response)).code).toBe('management.insufficient-scope')
  })

  it.each([
    ['of another audience', { aud: `${URLS.url}/v2` }, 'jwt.wrong-audience'],
    ['of another organization', { iss: `${URLS.authserverUrl}/hmart` }, 'jwt.wrong-issuer'],
    ['that has expired', { exp: 1 }, 'jwt.expired'],
    ['that is not valid yet', { nbf: 9_999_999_999 }, 'jwt.not-yet-valid'],
    ['that never expires', { exp: undefined }, 'jwt.bad-claims'],
  ])('refuses a token %s', async (_, claims, code) => {
    const response = await send('/v1/bundle', issuer.token(ALL, claims))
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect((await problemOf(response)).code).toBe(code)
  })

  it('refuses an ID token, a tampered token, one without signature, and what is no token at all', async () => {
    const good = issuer.token(ALL)
    const [header = '', payload = '', signature = ''] = good.split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid: 'k' })).toString('base64url')
    const tampered = Buffer.from(JSON.stringify({ scope: ALL })).toString('base64url')
    for (const token of [
      issuer.token(ALL, {}, 'JWT'),
      `${header}.${tampered}.${signature}`,
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      testIssuer(site.clock.now()).token(ALL),
      'nonsense',
    ]) {
      expect((await send('/v1/bundle', token)).status).toBe(401)
    }
    expect((await send('/v1/bundle', good)).status).toBe(200)
    const twice = await fetch(`${served.url}/v1/bundle`, {
      headers: [
        ['authorization', `Bearer ${good}`],
        ['authorization', `Bearer ${good}`],
      ],
    })
    expect(twice.status).toBe(400)
  })

  it('asks who is calling before it reads a body', async () => {
    const response = await send('/v1/bundle/apply', undefined, post('{nonsense'))
    expect(response.status).toBe(401)
  })

  it('lets anybody read the document and whether it is alive', async () => {
    const document = (await (await send('/v1/openapi.json')).json()) as {
      paths: Record<string, Record<string, unknown>>
    }
    const operations = Object.values(document.paths).flatMap((item) => Object.values(item))
    expect(operations.length).toBeGreaterThan(20)
    for (const operation of operations) expect(operation).toHaveProperty('security')
    expect(await (await send('/health')).json()).toEqual({ status: 'ok' })
  })

  it('serves a document that our own compiler takes as a contract', async () => {
    const compiler = openContractCompiler()
    const text = await (await send('/v1/openapi.json')).text()
    const { contract, findings } = await compiler.compile({
      root: 'openapi.json',
      files: { 'openapi.json': text },
    })
    await compiler.close()
    expect(findings).toEqual([])
    expect(contract?.operations.length).toBeGreaterThan(20)
  })
})

describe('the management API', () => {
  it('applies, compares, exports, plans and reads back', async () => {
    const client = clientWith(ALL)
    const { revisions } = await client.applyBundle({ body: { files: WAREHOUSE } })
    expect(revisions).toEqual([{ organization: 'hmart', environment: 'production', number: 1 }])
    const { files } = await client.exportBundle({ query: { organization: 'hmart' } })
    expect(await client.diffBundle({ body: { files, prune: true } })).toEqual({ changes: [], warnings: [] })
    const params = { organization: 'hmart', environment: 'production' }
    const plan = await client.planOperation({ params, query: { method: 'GET', path: '/items' } })
    expect(plan.steps.map((step) => step.policy)).toEqual(['jwt', 'scope', 'subscription'])
    const { revision } = await client.getRevision({ params: { ...params, number: 'live' } })
    expect(revision).toMatchObject({ number: 1, environment: 'production' })
    const listed = await client.listResources({ params: { organization: 'hmart' }, query: { kind: 'App' } })
    expect(listed.resources.map((each) => each.name)).toEqual(['robot'])
  })

  it('answers 422 with every finding, and changes nothing', async () => {
    const client = clientWith(ALL)
    const files = changed(
      'shop.yaml',
      'app: robot',
      'app: robert',
      changed('shop.yaml', '[list_items]', '[all]'),
    )
    const findings = await findingsOf(client.applyBundle({ body: { files } }))
    expect(findings.map((each) => `${each.file}:${each.line} ${each.path} ${each.code}`).toSorted()).toEqual([
      'shop.yaml:19 /spec/app model.unknown-reference',
      'shop.yaml:19 /spec/scopes/0 model.unknown-scope',
    ])
    expect((await client.validateBundle({ body: { files } })).findings).toHaveLength(2)
    expect((await client.exportBundle({ query: {} })).files).toEqual({})
  })

  it('records the caller as the actor', async () => {
    const token = issuer.token(ALL, { sub: 'alice' })
    await openApiClient({ url: served.url, token: async () => token }).applyBundle({
      body: { files: WAREHOUSE },
    })
    expect(site.log.lines).toContainEqual(
      expect.objectContaining({
        message: 'changed',
        fields: expect.objectContaining({ actor: 'command-line for alice' }),
      }),
    )
  })

  it('edits a single resource, refuses a stale version with 409 and an unknown one with 404', async () => {
    const client = clientWith(ALL)
    await client.applyBundle({ body: { files: WAREHOUSE } })
    const params = { organization: 'hmart', kind: 'Plan', name: 'gold' } as const
    const { resource, version } = await client.getResource({ params })
    await client.putResource({ params, body: { spec: { ...resource.spec, title: 'Best' }, version } })
    const stale = await faultOf(client.putResource({ params, body: { spec: resource.spec, version } }))
    expect(stale).toMatchObject({ code: 'store.conflict', status: 409 })
    expect(await faultOf(client.getResource({ params: { ...params, name: 'tin' } }))).toMatchObject({
      status: 404,
    })
    expect(await faultOf(client.removeResource({ params }))).toMatchObject({
      status: 422,
      code: 'bundle.invalid',
    })
  })

  it('issues, lists and revokes credentials, and sets passwords', async () => {
    const client = clientWith(ALL)
    await client.applyBundle({ body: { files: WAREHOUSE } })
    const params = { organization: 'hmart', app: 'robot' }
    const { credential, secret } = await client.issueCredential({ params, body: { expiresIn: '30d' } })
    expect(secret).toMatch(/^pcs_/)
    const { credentials } = await client.listCredentials({ params })
    expect(JSON.stringify(credentials)).not.toContain(secret)
    const revoked = await client.revokeCredential({ params: { ...params, credential: credential.id } })
    expect(revoked.credential.usable).toBe(false)
    const user = { organization: 'hmart', user: 'alice' }
    expect(
      await client.setPassword({ params: user, body: { password: 'correct horse battery' } }),
    ).toBeUndefined()
    expect(await faultOf(client.setPassword({ params: user, body: { password: 'short' } }))).toMatchObject({
      status: 422,
    })
  })

  it('explains decisions', async () => {
    const client = clientWith(ALL)
    await client.reportDecisions({
      body: { decisions: [testDecision(), testDecision({ id: 'dec_2', outcome: 'failed' })] },
    })
    const params = { organization: 'hmart' }
    const { decisions } = await client.listDecisions({ params, query: { outcome: 'failed', limit: 5 } })
    expect(decisions.map((each) => each.id)).toEqual(['dec_2'])
    expect((await client.explainDecision({ params: { ...params, id: 'dec_1' } })).words[0]).toContain('dec_1')
    expect(await faultOf(client.explainDecision({ params: { ...params, id: 'dec_3' } }))).toMatchObject({
      status: 404,
    })
  })
})

describe('bad input', () => {
  const token = (): string => issuer.token(ALL)

  it.each([
    ['JSON that is none', '{"files": ', 'application/json', 400],
    ['another content type', 'files: {}', 'application/yaml', 400],
    ['an unknown key', '{"files": {}, "force": true}', 'application/json', 422],
    ['a value of another type', '{"files": []}', 'application/json', 422],
  ])('%s: is refused in one sentence', async (_, body, type, status) => {
    const response = await send('/v1/bundle/validate', token(), post(body, type))
    expect(response.status).toBe(status)
    expect(JSON.stringify(await problemOf(response))).not.toContain('node_modules')
  })

  it('names the parameter that is wrong', async () => {
    const response = await send('/v1/organizations/HMart/resources?kind=Pod&force=1', token())
    expect(response.status).toBe(422)
    expect((await problemOf(response)).findings).toContainEqual(expect.objectContaining({ path: '/kind' }))
  })

  it('does not take more than it should, said or unsaid', async () => {
    const body = JSON.stringify({ expiresIn: 'x'.repeat(2 * 1024 * 1024) })
    const said = await send('/v1/organizations/hmart/apps/robot/credentials', token(), post(body))
    expect(said.status).toBe(413)
    expect((await problemOf(said)).code).toBe('management.too-large')
    const chunked = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(body))
        controller.close()
      },
    })
    const init = { ...post(''), body: chunked, duplex: 'half' as const }
    const unsaid = await send('/v1/organizations/hmart/apps/robot/credentials', token(), init)
    expect(unsaid.status).toBe(413)
  })

  it('takes a large bundle, but not one of too many bytes', async () => {
    const client = clientWith(ALL)
    const files = { 'a.yaml': 'a'.repeat(33 * 1024 * 1024) }
    expect(await faultOf(client.validateBundle({ body: { files } }))).toMatchObject({
      status: 413,
      code: 'bundle.too-large',
    })
  })

  it('answers 404 as a problem', async () => {
    for (const path of ['/v1/nothing', '/', '/v1/../health', '/v1/%2e%2e/x']) {
      const response = await send(path, token())
      if (response.status !== 200) expect((await problemOf(response)).code).toBe('management.not-found')
    }
  })

  it('keeps what went wrong on our side to itself', async () => {
    const store: Store = site.store
    store.find = () => Promise.reject(new Error('password=hunter2'))
    const response = await send('/v1/bundle', token())
    expect(response.status).toBe(500)
    const problem = await problemOf(response)
    expect(problem.code).toBe('management.failed')
    expect(JSON.stringify(problem)).not.toContain('hunter2')
    expect(JSON.stringify(site.log.lines)).toContain('hunter2')
  })

  it('sends what keeps browsers from misreading it', async () => {
    const { headers } = await send('/v1/nothing')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('cache-control')).toBe('no-store')
  })
})

describe('gateways', () => {
  const params = { organization: 'hmart', environment: 'production' }

  it('get the live revision, and 304 while they have it', async () => {
    const client = clientWith('gateway.sync')
    await site.controlPlane.apply(WAREHOUSE, { actor: 'test' })
    expect((await client.listEnvironments()).environments).toEqual([{ ...params, number: 1 }])
    expect((await client.fetchRevision(params))?.number).toBe(1)
    expect(await client.fetchRevision(params, 1)).toBeUndefined()
    const path = '/v1/gateway/environments/hmart/production/revision'
    const cached = await send(path, issuer.token('gateway.sync'), {
      headers: { 'if-none-match': 'W/"7", W/"1"' },
    })
    expect(cached.status).toBe(304)
    expect(cached.headers.get('etag')).toBe('"1"')
    expect(await client.fetchRevisionKey()).toEqual(site.controlPlane.revisionKey())
    expect(
      await faultOf(client.fetchRevision({ organization: 'system', environment: 'control-plane' })),
    ).toMatchObject({ status: 404 })
  })

  it('may do nothing else', async () => {
    const client = clientWith('gateway.sync')
    for (const refused of [
      client.exportBundle({ query: {} }),
      client.listGateways(),
      client.applyBundle({ body: { files: {} } }),
    ]) {
      expect(await faultOf(refused)).toMatchObject({ status: 403 })
    }
    expect(await faultOf(clientWith('resources.read resources.write').listEnvironments())).toMatchObject({
      status: 403,
    })
  })

  it('are told of a new revision while they listen, and acknowledge it', async () => {
    const client = clientWith(ALL)
    const stop = new AbortController()
    let opened = (): void => {}
    const open = new Promise<void>((resolve) => {
      opened = resolve
    })
    const watching = (async () => {
      for await (const notice of client.watchRevisions({ signal: stop.signal, onOpen: () => opened() }))
        return notice
      return undefined
    })()
    await open
    await client.applyBundle({ body: { files: WAREHOUSE } })
    expect(await watching).toEqual({ ...params, number: 1 })
    stop.abort()
    await client.acknowledgeRevision({ body: { ...params, gateway: 'gw-1', number: 1 } })
    expect((await client.listGateways()).gateways).toMatchObject([{ gateway: 'gw-1', number: 1, live: 1 }])
  })

  it('hand over at most a thousand decisions at once', async () => {
    const decisions = Array.from({ length: 1001 }, (_, i) => testDecision({ id: `dec_${i}` }))
    const fault = await faultOf(clientWith('gateway.sync').reportDecisions({ body: { decisions } }))
    expect(fault).toMatchObject({ status: 422, code: 'management.bad-value' })
    expect(await site.controlPlane.decisions('hmart', { limit: 10 })).toEqual([])
  })
})

describe('closing', () => {
  it('ends the streams and lets go of the port', async () => {
    const client = clientWith('gateway.sync')
    let opened = (): void => {}
    const open = new Promise<void>((resolve) => {
      opened = resolve
    })
    const watching = (async () => {
      for await (const _ of client.watchRevisions({
        signal: new AbortController().signal,
        onOpen: () => opened(),
      }))
        break
    })()
    await open
    await served.close()
    await watching.catch((thrown: unknown) => expect(thrown).toBeInstanceOf(Fault))
    await new Promise<void>((resolve) => {
      request(`${served.url}/health`)
        .on('error', () => resolve())
        .end()
    })
    const { controlPlane, clock, log } = site
    const listen = { host: '127.0.0.1', port: served.port }
    served = await serveControlPlane(controlPlane, { listen, keys: issuer.keys, clock, log, ...URLS })
    expect((await send('/health')).status).toBe(200)
  })
})
