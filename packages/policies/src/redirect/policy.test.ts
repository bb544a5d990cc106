import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, testRevision, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { redirectContract } from './contract.ts'
import { redirect } from './policy.ts'

const policy = anyPolicy(redirect)

async function sent(to: string, target: string, parameters: Record<string, string> = {}) {
  const { reply } = await tryPolicy(policy, { config: { to } }, testExchange({ target, parameters }))
  return reply.headers.get('location') ?? reply.status
}

describe('redirect', () => {
  it.each([
    [
      'https://new.example/v2{rest}{query}',
      '/warehouse/v1/items?a=1&b',
      'https://new.example/v2/items?a=1&b',
    ],
    ['https://new.example/v2{rest}{query}', '/warehouse/v1/items', 'https://new.example/v2/items'],
    ['https://new.example{path}', '/warehouse/v1/items?a=1', 'https://new.example/warehouse/v1/items'],
    ['{path}', '/warehouse/v1/%69tems', '/warehouse/v1/items'],
    ['/new{rest}?was={query}', '/warehouse/v1/items', '/new/items?was='],
    ['https://new.example:8443/', '/warehouse/v1/items', 'https://new.example:8443/'],
  ])('to %s sends %s to %s', async (to, target, location) => {
    expect(await sent(to, target)).toBe(location)
  })

  it('puts a / between host and path, whatever the base path', async () => {
    const revision = testRevision({}, { basePath: '/' })
    const x = testExchange({ revision, target: '/.evil.example' })
    const { reply } = await tryPolicy(policy, { config: { to: 'https://new.example{rest}' } }, x)
    expect(reply.headers.get('location')).toBe('https://new.example/.evil.example')
  })

  it('encodes what a variable holds, so that it stays what it is', async () => {
    const hostile = '//evil.example/?x#\r\nSet-Cookie: a=1'
    const location = await sent('/things/{id}', '/warehouse/v1/items', { id: hostile })
    expect(location).toBe(`/things/${encodeURIComponent(hostile)}`)
    expect(location).not.toMatch(/[\r\n]/)
  })

  it('says 404 where a variable has no value', async () => {
    expect(await sent('/things/{id}', '/warehouse/v1/items')).toBe(404)
  })

  it.each([
    '/warehouse/v1//evil.example/x',
    '/warehouse/v1/..//evil.example',
    '/warehouse/v1/%2F%2Fevil.example',
    '//evil.example/warehouse/v1',
    '/warehouse/v1/\\evil.example',
  ])('never leads to a host that the call names: %s', async (target) => {
    expect(await sent('{path}', target)).toBe(404)
    expect(await sent('https://new.example{rest}', target)).toBe(404)
  })

  it.each([
    [undefined, 308, undefined, 'no-store'],
    [302, 302, undefined, 'no-store'],
    [307, 307, '1h', 'private, max-age=3600'],
  ])('with status %s answers %s, remembered for %s', async (status, expected, keepFor, cacheControl) => {
    const config = { to: '/new', ...(status && { status }), ...(keepFor && { keepFor }) }
    const { reply } = await tryPolicy(policy, { config }, testExchange())
    expect(reply.status).toBe(expected)
    expect(reply.headers.get('cache-control')).toBe(cacheControl)
    expect(reply.body).toBeUndefined()
  })

  it.each([
    'https://{host}/x',
    'https://new.example.{id}/x',
    'https://new.example@evil.example/x',
    'https://*.example/x',
    '//evil.example/x',
    '/{path}',
    'https://new.example/{rest}',
    'javascript:alert(1)',
    'data:text/html,x',
    'new.example/x',
    '{query}',
    '{id}',
    '/a b',
    '/a\\b',
    '/a#b',
    '/{',
    '/}',
    '/{a b}',
    '',
  ])('is not published with the target %j', (to) => {
    expect(redirectContract.config.safeParse({ to }).success).toBe(false)
  })

  it.each([200, 300, 304, 305])('is not published with status %s', (status) => {
    expect(redirectContract.config.safeParse({ to: '/x', status }).success).toBe(false)
  })

  it.each([
    ['/items/{id}', 0],
    ['/items/{item}', 1],
    ['/items/{id}/{item}', 1],
    ['{path}{query}', 0],
  ])('to %j is refused where the path of an operation lacks a variable: %d', (to, count) => {
    const operations = [{ id: 'getItem', path: '/items/{id}', security: [] }]
    const surroundings = {
      apis: [{ name: 'warehouse/v1', scopes: {}, operations }],
      addressLists: new Set<string>(),
    }
    const told = redirectContract.objections?.(redirectContract.config.parse({ to }), surroundings) ?? []
    expect(told.map(({ path }) => path)).toEqual(Array(count).fill('/to'))
    if (count > 0) expect(told[0]?.message).toContain('"getItem" of warehouse/v1')
  })
})
