import { request } from 'node:http'
import { openApiClient } from '@portcullis/api-client/client'
import { Fault } from '@portcullis/kernel/fault'
import type { Decision } from '@portcullis/model/decision/decision'
import { packBatch, packDecisions } from '@portcullis/model/decision/decision-batch'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openContractCompiler } from './contract/contract-compiler.ts'
import { ALL, openServedSite, post, problemOf, type ServedSite } from './served-test-kit.ts'
import { changed, faultOf, findingsOf, testDecision, testIssuer, URLS, WAREHOUSE } from './test-kit.ts'

let site: ServedSite

/** As gateways hand decision records over. */
const batches = (...each: Decision[][]) => each.map((records) => packBatch(packDecisions(records)).json)

beforeEach(async () => {
  site = await openServedSite()
})

afterEach(() => site.close())

describe('who may call', () => {
  it('asks for a token and names the scope', async () => {
    const response = await site.send('/v1/bundle')
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer realm="${URLS.url}/v1", scope="resources.read"`,
    )
    expect((await problemOf(response)).code).toBe('management.no-credentials')
  })

  it('refuses a token without the scope, and names it', async () => {
    const response = await site.send(
      '/v1/bundle/apply',
      site.issuer.token('resources.read decisions.read'),
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
    const response = await site.send('/v1/bundle', site.issuer.token(ALL, claims))
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect((await problemOf(response)).code).toBe(code)
  })

  it('refuses an ID token, a tampered token, one without signature, and what is no token at all', async () => {
    const good = site.issuer.token(ALL)
    const [header = '', payload = '', signature = ''] = good.split('.')
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid: 'k' })).toString('base64url')
    const tampered = Buffer.from(JSON.stringify({ scope: ALL })).toString('base64url')
    for (const token of [
      site.issuer.token(ALL, {}, 'JWT'),
      `${header}.${tampered}.${signature}`,
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      testIssuer(site.clock.now()).token(ALL),
      'nonsense',
    ]) {
      expect((await site.send('/v1/bundle', token)).status).toBe(401)
    }
    expect((await site.send('/v1/bundle', good)).status).toBe(200)
    const twice = await fetch(`${site.served.url}/v1/bundle`, {
      headers: [
        ['authorization', `Bearer ${good}`],
        ['authorization', `Bearer ${good}`],
      ],
    })
    expect(twice.status).toBe(400)
  })

  it('asks who is calling before it reads a body', async () => {
    const response = await site.send('/v1/bundle/apply', undefined, post('{nonsense'))
    expect(response.status).toBe(401)
  })

  it('lets anybody read the document and whether it is alive', async () => {
    const document = (await (await site.send('/v1/openapi.json')).json()) as {
      paths: Record<string, Record<string, unknown>>
    }
    const operations = Object.values(document.paths).flatMap((item) => Object.values(item))
    expect(operations.length).toBeGreaterThan(20)
    for (const operation of operations) expect(operation).toHaveProperty('security')
    expect(await (await site.send('/health')).json()).toEqual({ status: 'ok' })
  })

  it('serves a document that our own compiler takes as a contract', async () => {
    const compiler = openContractCompiler()
    const text = await (await site.send('/v1/openapi.json')).text()
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
    const client = site.clientWith(ALL)
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
    const client = site.clientWith(ALL)
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
    const token = site.issuer.token(ALL, { sub: 'alice' })
    await openApiClient({ url: site.served.url, token: async () => token }).applyBundle({
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
    const client = site.clientWith(ALL)
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
    const client = site.clientWith(ALL)
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

  it('adds up what observed policies would have refused', async () => {
    const client = site.clientWith(ALL)
    const step = { policy: 'rate-limit', origin: 'api a/v1', mode: 'observe', verdict: 'refuse' } as const
    const steps = [{ ...step, code: 'rate-limit.exceeded', micros: 1 }]
    const at = '2026-11-20T12:00:00.000Z'
    const facts = { client: 'shop', at, steps }
    await client.reportDecisions(batches([testDecision(facts)], [testDecision({ ...facts, id: 'dec_2' })]))
    const params = { organization: 'hmart' }
    const { refusals } = await client.listObserved({ params, query: { policy: 'rate-limit' } })
    expect(refusals).toMatchObject([{ origin: 'api a/v1', client: 'shop', calls: 2 }])
    const later = await client.listObserved({ params, query: { since: '2026-11-21T00:00:00Z' } })
    expect(later.refusals).toEqual([])
  })

  it('explains decisions', async () => {
    const client = site.clientWith(ALL)
    await client.reportDecisions(batches([testDecision(), testDecision({ id: 'dec_2', outcome: 'failed' })]))
    const params = { organization: 'hmart' }
    const { decisions } = await client.listDecisions({ params, query: { outcome: 'failed', limit: 5 } })
    expect(decisions.map((each) => each.id)).toEqual(['dec_2'])
    expect((await client.explainDecision({ params: { ...params, id: 'dec_1' } })).words[0]).toContain('dec_1')
    expect(await faultOf(client.explainDecision({ params: { ...params, id: 'dec_3' } }))).toMatchObject({
      status: 404,
    })
  })
})

describe('gateways', () => {
  const params = { organization: 'hmart', environment: 'production' }

  it('get the live revision, and 304 while they have it', async () => {
    const client = site.clientWith('gateway.sync')
    await site.controlPlane.apply(WAREHOUSE, { actor: 'test' })
    expect((await client.listEnvironments()).environments).toEqual([{ ...params, number: 1 }])
    expect((await client.fetchRevision(params))?.number).toBe(1)
    expect(await client.fetchRevision(params, 1)).toBeUndefined()
    const path = '/v1/gateway/environments/hmart/production/revision'
    const cached = await site.send(path, site.issuer.token('gateway.sync'), {
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
    const client = site.clientWith('gateway.sync')
    for (const refused of [
      client.exportBundle({ query: {} }),
      client.listGateways(),
      client.applyBundle({ body: { files: {} } }),
    ]) {
      expect(await faultOf(refused)).toMatchObject({ status: 403 })
    }
    expect(await faultOf(site.clientWith('resources.read resources.write').listEnvironments())).toMatchObject(
      {
        status: 403,
      },
    )
  })

  it('are told of a new revision while they listen, and acknowledge it', async () => {
    const client = site.clientWith(ALL)
    const stop = new AbortController()
    let opened = (): void => {}
    const open = new Promise<void>((resolve) => {
      opened = resolve
    })
    const watching = (async () => {
      for await (const notice of client.watchChanges({ signal: stop.signal, onOpen: () => opened() }))
        return notice
      return undefined
    })()
    await open
    await client.applyBundle({ body: { files: WAREHOUSE } })
    expect(await watching).toEqual({ event: 'revision', ...params, number: 1 })
    stop.abort()
    await client.acknowledgeRevision({ body: { ...params, gateway: 'gw-1', number: 1 } })
    expect((await client.listGateways()).gateways).toMatchObject([{ gateway: 'gw-1', number: 1, live: 1 }])
  })

  it('hand over at most a thousand decisions at once', async () => {
    const decisions = Array.from({ length: 1001 }, (_, i) => testDecision({ id: `dec_${i}` }))
    const client = site.clientWith('gateway.sync')
    for (const tooMany of [
      batches(decisions),
      batches(decisions.slice(0, 500), decisions.slice(500)),
      batches(),
    ]) {
      expect(await faultOf(client.reportDecisions(tooMany))).toMatchObject({
        status: 422,
        code: 'management.bad-value',
      })
    }
    expect(await site.controlPlane.decisions('hmart', { limit: 10 })).toEqual([])
  })
})

describe('closing', () => {
  it('ends the streams and lets go of the port', async () => {
    const client = site.clientWith('gateway.sync')
    let opened = (): void => {}
    const open = new Promise<void>((resolve) => {
      opened = resolve
    })
    const watching = (async () => {
      for await (const _ of client.watchChanges({
        signal: new AbortController().signal,
        onOpen: () => opened(),
      }))
        break
    })()
    await open
    await site.served.close()
    await watching.catch((thrown: unknown) => expect(thrown).toBeInstanceOf(Fault))
    await new Promise<void>((resolve) => {
      request(`${site.served.url}/health`)
        .on('error', () => resolve())
        .end()
    })
    const again = await site.serveAgain()
    expect((await site.send('/health')).status).toBe(200)
    await again.close()
  })
})
