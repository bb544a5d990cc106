import { catalog } from '@portcullis/policies/catalog'
import { HeaderList } from '@portcullis/policy-kit/message/header-list'
import type { Ports } from '@portcullis/policy-kit/policy'
import { testRevision } from '@portcullis/policy-kit/test-kit'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { collectingLog } from '@portcullis/ports/log/memory'
import { describe, expect, it } from 'vitest'
import { openPipeline } from './pipeline.ts'
import { testClock, testRevocations } from './test-kit/front.ts'
import { attach } from './test-kit/policy.ts'

const ports = {
  clock: testClock,
  revocations: testRevocations,
  counters: openMemoryCounters(testClock),
  keys: { find: () => undefined },
} as unknown as Ports

async function call(method: string, target: string, mode: 'enforce' | 'observe' = 'enforce') {
  const pipeline = openPipeline({
    catalog,
    ports,
    forwarder: { forward: () => Promise.reject(new Error('nobody is there')) } as never,
    record: () => undefined,
    clock: testClock,
    log: collectingLog(),
  })
  const security = [{ login: ['ask_decisions'] }]
  const paths = ['/access/v1/evaluation', '/access/v1/search/action']
  pipeline.swap([
    testRevision(
      {},
      {
        api: 'decisions',
        basePath: '/decisions/v1',
        audience: 'https://api.example/decisions/v1',
        scopes: { ask_decisions: 'Ask what is decided' },
        schemes: { login: { type: 'oauth2' } },
        policies: [{ ...attach('authzen', {}), mode }],
        operations: paths.map((path) => ({ id: path, method: 'POST', path, security, policies: [] })),
      },
    ),
  ])
  const reply = await pipeline.handle({
    method,
    target,
    headers: HeaderList.of({ host: 'api.example' }),
    remoteAddress: '192.0.2.1',
    signal: new AbortController().signal,
  })
  pipeline.close()
  return reply
}

const METADATA = '/.well-known/authzen-configuration/decisions/v1'

describe('a gateway that answers AuthZEN', () => {
  it('tells everybody where, and only what its contract has (§9)', async () => {
    const reply = await call('GET', METADATA)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toBe('application/json')
    expect(JSON.parse(Buffer.from(reply.body as Uint8Array).toString())).toEqual({
      policy_decision_point: 'https://api.example/decisions/v1',
      access_evaluation_endpoint: 'https://api.example/decisions/v1/access/v1/evaluation',
      search_action_endpoint: 'https://api.example/decisions/v1/access/v1/search/action',
    })
  })

  it('tells nobody where it only observes', async () => {
    expect((await call('GET', METADATA, 'observe')).status).toBe(404)
  })

  it('answers nobody who has no token', async () => {
    const reply = await call('POST', '/decisions/v1/access/v1/evaluation')
    expect(reply.status).toBe(401)
    expect(reply.headers.get('www-authenticate')).toContain('scope="ask_decisions"')
  })
})
