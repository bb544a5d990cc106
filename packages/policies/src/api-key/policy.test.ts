import { newApiKey } from '@portcullis/kernel/api-key'
import { fingerprintOf } from '@portcullis/kernel/secret'
import type { ApiKey } from '@portcullis/model/credential/api-key'
import type { SecurityScheme } from '@portcullis/model/security'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, testRevision, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { openMemoryApiKeys } from '@portcullis/ports/api-keys/memory'
import { describe, expect, it } from 'vitest'
import { isApiKey } from '../scheme/api-key-place.ts'
import { apiKey } from './policy.ts'

const NOW = Date.UTC(2026, 0, 1)
const policy = anyPolicy(apiKey)
const { id, key: secret } = newApiKey(NOW)
const KEY = secret.reveal()
const other = newApiKey(NOW)

const known: ApiKey = {
  position: 1,
  id,
  organization: 'hmart',
  app: 'robot',
  hash: fingerprintOf(secret),
  issuedAt: NOW,
}

const inHeader: SecurityScheme = { type: 'apiKey', in: 'header', name: 'X-API-Key' }
const inQuery: SecurityScheme = { type: 'apiKey', in: 'query', name: 'api_key' }
const inAuthorization: SecurityScheme = { type: 'http', scheme: 'ApiKey' }

interface Call {
  readonly headers?: Record<string, string>
  readonly query?: string
  readonly schemes?: Record<string, SecurityScheme>
  readonly key?: Partial<ApiKey>
}

async function send({ headers = {}, query = '', schemes = { key: inHeader }, key = {} }: Call) {
  const security = Object.keys(schemes).map((name) => ({ [name]: [] }))
  const operations = [{ id: 'listItems', method: 'GET' as const, path: '/items', security, policies: [] }]
  const revision = testRevision({}, { schemes, operations })
  const x = testExchange({ revision, headers, target: `/warehouse/v1/items${query}`, receivedAt: NOW })
  const apiKeys = openMemoryApiKeys()
  apiKeys.add([{ ...known, ...key }], 1)
  return tryPolicy(policy, {}, x, { apiKeys })
}

async function codeOf(call: Call): Promise<string | undefined> {
  const { ending, x } = await send(call)
  if (ending?.verdict !== 'refuse') return undefined
  expect(x.principal).toBeUndefined()
  return ending.fault.code
}

const slip = KEY.slice(0, -1) + (KEY.endsWith('7') ? '8' : '7')
const header = (value: string): Call => ({ headers: { 'X-API-Key': value } })
const all = { one: inHeader, two: inQuery, three: inAuthorization }

describe('api-key', () => {
  it.each<[string, Call, string | undefined]>([
    ['the key', header(KEY), undefined],
    ['no key', {}, undefined],
    ['a key in a place that the contract does not name', { query: `?api_key=${KEY}` }, undefined],
    ['nothing in its place', header(''), 'api-key.malformed'],
    ['something else', header('s3cret'), 'api-key.malformed'],
    ['a slip of the pen', header(slip), 'api-key.malformed'],
    ['a part of it', header(KEY.slice(0, -1)), 'api-key.malformed'],
    ['its id', header(id), 'api-key.malformed'],
    ['a key of nobody', header(other.key.reveal()), 'api-key.unknown'],
    ['a key of another organization', { ...header(KEY), key: { organization: 'acme' } }, 'api-key.unknown'],
    [
      'another key of the same id',
      { ...header(KEY), key: { hash: fingerprintOf(other.key) } },
      'api-key.unknown',
    ],
    ['its last millisecond', { ...header(KEY), key: { expiresAt: NOW + 1 } }, undefined],
    ['an expired key', { ...header(KEY), key: { expiresAt: NOW } }, 'api-key.expired'],
    ['a revoked key', { ...header(KEY), key: { revokedAt: NOW - 1 } }, 'api-key.revoked'],
    ['the key in the query', { query: `?api_key=${KEY}`, schemes: { key: inQuery } }, undefined],
    [
      'two in the query',
      { query: `?api_key=${KEY}&api%5fkey=${KEY}`, schemes: { key: inQuery } },
      'api-key.bad-request',
    ],
    ['the key at two places', { ...header(KEY), query: `?api_key=${KEY}`, schemes: all }, undefined],
    [
      'two keys',
      { ...header(KEY), query: `?api_key=${other.key.reveal()}`, schemes: all },
      'api-key.bad-request',
    ],
    ['the key in Authorization', { headers: { Authorization: `APIKEY  ${KEY}` }, schemes: all }, undefined],
    ['a token', { headers: { Authorization: `Bearer ${KEY}` }, schemes: all }, undefined],
    ['a scheme alone', { headers: { Authorization: 'ApiKey' }, schemes: all }, 'api-key.malformed'],
  ])('with %s', async (_, call, expected) => {
    expect(await codeOf(call)).toBe(expected)
  })

  it('establishes the app, with the schemes at whose places the key was, until the key ends', async () => {
    const { x } = await send({ ...header(KEY), schemes: all, key: { expiresAt: NOW + 5 } })
    expect(x.principal).toMatchObject({
      schemes: ['one'],
      client: 'robot',
      subject: 'robot',
      expiresAt: NOW + 5,
    })
    expect(
      (await send({ ...header(KEY), query: `?api_key=${KEY}`, schemes: all })).x.principal?.schemes,
    ).toEqual(['one', 'two'])
  })

  it('keeps the key from the backend and from the record', async () => {
    const { x } = await send({ ...header(KEY), query: `?a=1&api%5Fkey=${KEY}&b=%7e`, schemes: all })
    expect(x.outgoingHeaders().has('x-api-key')).toBe(false)
    expect(x.outgoingTarget(x.request.target)).toBe('/warehouse/v1/items?a=1&b=%7e')
    expect(JSON.stringify(x.trace)).not.toContain(KEY.slice(31, 60))
  })

  it('tells where a key belongs, and tells nobody of it', async () => {
    const { reply, ending } = await send(header(slip))
    expect(reply.headers.get('www-authenticate')).toBe(
      'ApiKey realm="https://api.example/warehouse/v1", in="header", name="x-api-key", error_description="This is no API key as it was given out"',
    )
    expect(JSON.stringify(ending)).not.toContain(KEY.slice(31, 60))
  })

  it('refuses when keys cannot be looked up', async () => {
    const revision = testRevision(
      {},
      {
        schemes: { key: inHeader },
        operations: [{ id: 'a', method: 'GET', path: '/items', security: [{ key: [] }], policies: [] }],
      },
    )
    const x = testExchange({ revision, headers: { 'X-API-Key': KEY }, receivedAt: NOW })
    const broken = {
      find: () => {
        throw new Error('out of order')
      },
      position: () => 0,
    }
    const { ending } = await tryPolicy(policy, {}, x, { apiKeys: broken })
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'step.failed' } })
  })

  it('makes one principal for all calls with a key, for steps that remember', async () => {
    const apiKeys = openMemoryApiKeys()
    apiKeys.add([known], 1)
    const { bindFor, runThrough } = await import('@portcullis/policy-kit/test-kit')
    const revision = testRevision(
      {},
      {
        schemes: { key: inHeader },
        operations: [{ id: 'a', method: 'GET', path: '/items', security: [{ key: [] }], policies: [] }],
      },
    )
    const call = () => testExchange({ revision, headers: { 'X-API-Key': KEY }, receivedAt: NOW })
    const [a, b] = [call(), call()]
    const steps = bindFor(policy, {}, a, { apiKeys })
    await runThrough(steps, a)
    await runThrough(steps, b)
    expect(a.principal).toBe(b.principal)
  })

  it.each<[SecurityScheme, boolean]>([
    [inHeader, true],
    [inQuery, true],
    [inAuthorization, true],
    [{ type: 'apiKey', in: 'cookie', name: 'key' }, false],
    [{ type: 'http', scheme: 'basic' }, false],
    [{ type: 'oauth2' }, false],
    [{ type: 'mutualTLS' }, false],
  ])('of the scheme %j: %s', (scheme, expected) => {
    expect(isApiKey(scheme)).toBe(expected)
  })
})
