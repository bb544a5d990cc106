import { catalog } from '@portcullis/policies/catalog'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Ports } from '@portcullis/policy-kit/policy'
import { testRevision } from '@portcullis/policy-kit/test-kit'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { describe, expect, it } from 'vitest'
import { openPipeline } from '../pipeline.ts'
import { testClock, testRevocations } from '../test-kit/front.ts'
import { attach } from '../test-kit/policy.ts'

const PATH = '/.well-known/oauth-protected-resource/warehouse/v1'
const ports = {
  clock: testClock,
  revocations: testRevocations,
  counters: openMemoryCounters(testClock),
  keys: { find: () => undefined },
} as unknown as Ports

async function ask(target: string, options: { config?: object; method?: string; open?: boolean } = {}) {
  const security = options.open === true ? [] : [{ login: ['list_items'] }]
  const pipeline = openPipeline({
    catalog,
    ports,
    forwarder: { forward: () => Promise.reject(new Error('nobody is there')) } as never,
    record: () => undefined,
    clock: testClock,
    log: collectingLog(),
  })
  pipeline.swap([
    testRevision(
      {},
      {
        scopes: { list_items: 'List items', order_item: 'Order an item' },
        schemes: { login: { type: 'oauth2' } },
        policies: options.config === undefined ? [] : [attach('jwt', options.config as never)],
        operations: [{ id: 'listItems', method: 'GET', path: '/items', security, policies: [] }],
      },
    ),
  ])
  const reply = await pipeline.handle({
    method: options.method ?? 'GET',
    target,
    headers: HeaderList.of({ host: 'api.example' }),
    remoteAddress: '192.0.2.1',
    signal: new AbortController().signal,
  })
  pipeline.close()
  return reply
}

const documentIn = (reply: { body?: unknown }): Record<string, unknown> =>
  JSON.parse(Buffer.from(reply.body as Uint8Array).toString())

describe('the metadata of a protected resource (RFC 9728)', () => {
  it('stand at the well-known address of every API version that asks for tokens', async () => {
    const reply = await ask(PATH)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toBe('application/json')
    expect(reply.headers.get('access-control-allow-origin')).toBe('*')
    expect(documentIn(reply)).toEqual({
      resource: 'https://api.example/warehouse/v1',
      resource_name: 'Warehouse',
      authorization_servers: ['https://auth.example/hmart'],
      scopes_supported: ['list_items', 'order_item'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'PS256', 'RS256'],
      dpop_bound_access_tokens_required: false,
      tls_client_certificate_bound_access_tokens: false,
    })
  })

  it('stand where a refused call is told that they do', async () => {
    const refused = await ask('/warehouse/v1/items')
    const challenge = refused.headers.get('www-authenticate') ?? ''
    const [, url = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
    expect(url).toBe(`https://api.example${PATH}`)
    expect((await ask(new URL(url).pathname)).status).toBe(200)
  })

  it('name every issuer whose tokens are taken, and the binding that is demanded', async () => {
    const issuers = [{ issuer: 'https://login.example', jwksUri: 'https://login.example/keys' }]
    const config = { ownIssuer: false, issuers, binding: { require: 'dpop', proofAlgorithms: ['ES256'] } }
    expect(documentIn(await ask(PATH, { config }))).toMatchObject({
      authorization_servers: ['https://login.example'],
      dpop_signing_alg_values_supported: ['ES256'],
      dpop_bound_access_tokens_required: true,
    })
  })

  it('are answered to HEAD without a body', async () => {
    const reply = await ask(PATH, { method: 'HEAD' })
    expect(reply.status).toBe(200)
    expect(reply.body).toBeUndefined()
  })

  it.each([
    ['of an API that is public', PATH, { open: true }],
    ['of an API that is not there', '/.well-known/oauth-protected-resource/other/v1', {}],
    ['of nothing', '/.well-known/oauth-protected-resource', {}],
    ['to be changed', PATH, { method: 'POST' }],
  ])('are not there %s', async (_, target, options) => {
    expect((await ask(target, options)).status).toBe(404)
  })
})
