import { cpuMillis } from '@portcullis/kernel/fixture/cpu-millis'
import { describe, expect, it } from 'vitest'
import type { Method } from '../contract.ts'
import { findAmbiguities } from './find-ambiguities.ts'

function ambiguitiesOf(...lines: string[]): string[] {
  const routes = lines.map((line) => {
    const [method, template] = line.split(' ') as [Method, string]
    return { method, template }
  })
  return findAmbiguities(routes).map(
    ({ kind, first, second, example }) => `${kind}: ${first.template} ~ ${second.template} at ${example}`,
  )
}

describe('findAmbiguities', () => {
  it('finds templates that differ in nothing but the names of their variables, whatever their methods', () => {
    expect(ambiguitiesOf('GET /items/{id}', 'POST /items/{name}', 'PUT /items/{name}')).toEqual([
      'renamed: /items/{id} ~ /items/{name} at /items/x',
    ])
  })

  it('finds an operation that is there twice, also in another spelling', () => {
    expect(ambiguitiesOf('GET /~a', 'GET /%7Ea')).toEqual(['duplicate: /~a ~ /%7Ea at /~a'])
  })

  it.each([
    ['GET /{entity}/me', 'GET /books/{id}', '/books/me'],
    ['GET /a/{b}/c/{d}', 'GET /a/x/{c}/y', '/a/x/c/y'],
    ['GET /report-{id}', 'GET /{name}.json', '/report-x.json'],
    ['GET /{a}-{b}', 'GET /{a}.{b}', '/x-x.x'],
    ['HEAD /{entity}/me', 'GET /books/{id}', '/books/me'],
  ])('finds that %s and %s both match %s and neither is the more specific', (first, second, example) => {
    expect(ambiguitiesOf(first, second)).toEqual([
      `overlap: ${first.split(' ')[1]} ~ ${second.split(' ')[1]} at ${example}`,
    ])
  })

  it.each([
    [['GET /users/me', 'GET /users/{id}']],
    [['GET /users/{id}', 'GET /users/{id}/posts', 'POST /users/{id}']],
    [['GET /{name}', 'GET /{name}.json', 'GET /report-{name}.json']],
    [['GET /{a}-{b}', 'GET /{a}-{b}-{c}']],
    [['GET /{entity}/me', 'POST /books/{id}']],
    [['GET /items', 'GET /items/']],
    [["GET /users('{id}')", "GET /groups('{id}')"]],
    [['GET /a/{id}/b', 'GET /{id}/a/c']],
  ])('allows %j', (lines) => {
    expect(ambiguitiesOf(...lines)).toEqual([])
  })

  it('compares 2,000 operations in well under a second', async () => {
    const routes = Array.from({ length: 2000 }, (_, i) => ({
      method: 'GET' as const,
      template: `/api/v1/{tenant}/kind${i}/{id}/part`,
    }))
    expect(await cpuMillis(() => expect(findAmbiguities(routes)).toEqual([]))).toBeLessThan(3000)
  })

  it('stops at 200 findings', () => {
    const routes = Array.from({ length: 300 }, (_, i) => [`/{a}/b${i}`, `/c${i}/{d}`])
      .flat()
      .map((template) => ({ method: 'GET' as const, template }))
    expect(findAmbiguities(routes)).toHaveLength(200)
  })
})
