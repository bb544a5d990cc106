import { cpuMillis } from '@portcullis/kernel/fixture/cpu-millis'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Method } from '../contract.ts'
import { findAmbiguities } from './find-ambiguities.ts'
import { normalizePath } from './normalize-path.ts'
import { buildRouter, type Route, templateOf } from './router.ts'
import { includes, matchSegment } from './segment.ts'

function routesOf(...lines: string[]): Route<string>[] {
  return lines.map((line) => {
    const [method, template] = line.split(' ') as [Method, string]
    return { method, template, value: line }
  })
}

function routerOf(...lines: string[]) {
  return buildRouter(routesOf(...lines))
}

describe('buildRouter', () => {
  it('leads a method and a path to their route, with decoded parameters', () => {
    const router = routerOf('GET /items/{id}', 'POST /items', 'GET /reports/{id}.{format}')
    expect(router.match('GET', '/items/a%20b')).toEqual({
      value: 'GET /items/{id}',
      parameters: { id: 'a b' },
    })
    expect(router.match('POST', '/items')?.value).toBe('POST /items')
    expect(router.match('GET', '/reports/archive.tar.gz')?.parameters).toEqual({
      id: 'archive',
      format: 'tar.gz',
    })
    expect(router.match('GET', '/items')).toBeUndefined()
    expect(router.match('GET', '/items/1/2')).toBeUndefined()
  })

  it('prefers literals to variables, and comes back from a dead end', () => {
    const router = routerOf('GET /users/me', 'GET /users/{id}', 'GET /users/{id}/posts', 'GET /users/me/keys')
    expect(router.match('GET', '/users/me')?.value).toBe('GET /users/me')
    expect(router.match('GET', '/users/7')?.value).toBe('GET /users/{id}')
    expect(router.match('GET', '/users/me/posts')).toEqual({
      value: 'GET /users/{id}/posts',
      parameters: { id: 'me' },
    })
  })

  it('prefers the more specific of two patterns', () => {
    const router = routerOf('GET /{name}', 'GET /{name}.json', 'GET /report-{name}.json', 'GET /{a}-{b}.json')
    expect(router.match('GET', '/report-1.json')?.value).toBe('GET /report-{name}.json')
    expect(router.match('GET', '/x-1.json')?.value).toBe('GET /{a}-{b}.json')
    expect(router.match('GET', '/x.json')?.value).toBe('GET /{name}.json')
    expect(router.match('GET', '/.json')?.value).toBe('GET /{name}')
  })

  it('never lets a variable be empty or a trailing slash pass', () => {
    const router = routerOf('GET /items', 'GET /items/{id}', 'GET /lists/')
    expect(router.match('GET', '/items/')).toBeUndefined()
    expect(router.match('GET', '/items/1/')).toBeUndefined()
    expect(router.match('GET', '/lists/')?.value).toBe('GET /lists/')
    expect(router.match('GET', '/lists')).toBeUndefined()
  })

  it('answers HEAD with the route of GET unless it has its own', () => {
    const router = routerOf('GET /a', 'GET /b', 'HEAD /b', 'POST /c')
    expect(router.match('HEAD', '/a')?.value).toBe('GET /a')
    expect(router.match('HEAD', '/b')?.value).toBe('HEAD /b')
    expect(router.match('HEAD', '/c')).toBeUndefined()
  })

  it('names every method of a path', () => {
    const router = routerOf('GET /items/{id}', 'DELETE /items/{id}', 'PUT /items/first', 'POST /items')
    expect(router.methodsAt('/items/first')).toEqual(['GET', 'HEAD', 'PUT', 'DELETE'])
    expect(router.methodsAt('/nothing')).toEqual([])
  })

  it('reads an encoded delimiter as the backend will, so that it cannot lead to a weaker route', () => {
    const router = routerOf("GET /users('{id}')", 'GET /{page}')
    expect(router.match('GET', '/users(%274%27)')?.value).toBe("GET /users('{id}')")
  })

  it('refuses a path that servers which drop path parameters would read as another operation', () => {
    const router = routerOf('GET /admin', 'GET /{page}', 'GET /points/{list}')
    expect(router.match('GET', '/admin;x=1')).toBeUndefined()
    expect(router.match('GET', '/about;x=1')?.value).toBe('GET /{page}')
    expect(router.match('GET', '/points/1;2')?.parameters).toEqual({ list: '1;2' })
  })

  it('is not confused by names that objects have by nature', () => {
    const router = routerOf('GET /{__proto__}/{constructor}', 'GET /toString')
    expect(router.match('GET', '/hasOwnProperty')).toBeUndefined()
    const parameters = router.match('GET', '/a/b')?.parameters ?? {}
    expect(Object.entries(parameters)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
    expect('toString' in (router.match('GET', '/toString')?.parameters ?? {})).toBe(false)
    expect('toString' in parameters).toBe(false)
  })

  it('finds nothing for a path that cannot be decoded, and does not throw', () => {
    expect(routerOf('GET /{a}').match('GET', '/%ff')).toBeUndefined()
    expect(routerOf('GET /{a}').match('GET', '')).toBeUndefined()
  })

  it('refuses to be built from a malformed template', () => {
    expect(() => routerOf('GET /{a')).toThrow(RangeError)
  })

  it('bounds its steps where every branch is a dead end', async () => {
    const depth = 14
    const routes = Array.from({ length: 2 ** depth }, (_, mask) => {
      const segments = Array.from({ length: depth }, (_, bit) => (mask & (1 << bit) ? 'a' : `{v${bit}}`))
      return { method: 'GET' as const, template: `/${segments.join('/')}/end${mask}`, value: mask }
    })
    const router = buildRouter(routes)
    const walk = () => {
      for (let i = 0; i < 20; i++)
        expect(router.match('GET', `${'/a'.repeat(depth)}/nowhere`)).toBeUndefined()
    }
    expect(await cpuMillis(walk)).toBeLessThan(2000)
  })

  const texts = fc.constantFrom('a', 'b', 'ab', 'a.b', 'é', "('a')", 'a-b-a', '%', ' ', '.a', '..a', 'x;y')
  const segment = fc.constantFrom('a', 'b', '{v}', 'a{v}', '{v}b', '{v}.{w}', "('{v}')", '{v}-{w}', 'é', '')
  const template = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => {
    let count = 0
    const named = parts.map((part) => part.replaceAll(/\{[vw]\}/g, () => `{v${count++}}`))
    return `/${named.filter((part, i) => part !== '' || i === named.length - 1).join('/')}`
  })
  const route = fc.record({ method: fc.constantFrom<Method>('GET', 'POST', 'HEAD'), template })
  const tables = fc.uniqueArray(route, {
    maxLength: 12,
    selector: (each) => `${each.method} ${each.template}`,
  })
  const paths = fc
    .array(texts, { minLength: 1, maxLength: 4 })
    .map((parts) => `/${parts.map(encodeURIComponent).join('/')}`)

  it('finds what a search through all templates finds, for every contract without ambiguities', () => {
    let hits = 0
    fc.assert(
      fc.property(tables, fc.array(paths, { minLength: 8, maxLength: 16 }), (table, requests) => {
        const routes = withoutAmbiguities(table).map((each, value) => ({ ...each, value }))
        const router = buildRouter(routes)
        for (const path of requests.map(normalizePath).filter((each) => each !== undefined)) {
          for (const method of ['GET', 'HEAD', 'POST'] as const) {
            const expected = naiveMatch(routes, method, path)
            if (expected !== undefined) hits++
            expect(router.match(method, path)?.value).toBe(expected?.value)
          }
        }
      }),
      { numRuns: 500 },
    )
    expect(hits).toBeGreaterThan(200)
  })

  it('takes parameters from which the path can be built again', () => {
    fc.assert(
      fc.property(template, paths, (text, path) => {
        const found = buildRouter([{ method: 'GET', template: text, value: 0 }]).match('GET', path)
        if (found === undefined) return
        const rebuilt = templateOf(text).segments.map(({ literals, variables }) =>
          literals.map((literal, i) => literal + (found.parameters[variables[i] as string] ?? '')).join(''),
        )
        expect(rebuilt).toEqual(path.slice(1).split('/').map(decodeURIComponent))
      }),
      { numRuns: 2000 },
    )
  })
})

/** Adds routes one by one, leaving out those that make the table ambiguous. */
function withoutAmbiguities<R extends { method: Method; template: string }>(table: readonly R[]): R[] {
  const kept: R[] = []
  for (const each of table) if (findAmbiguities([...kept, each]).length === 0) kept.push(each)
  return kept
}

/** The model: every template is tried, and the one that lies within all others wins. */
function naiveMatch(
  routes: readonly Route<number>[],
  method: Method,
  path: string,
): Route<number> | undefined {
  const texts = path.slice(1).split('/').map(decodeURIComponent)
  const own = routes.filter((each) => each.method === method)
  const borrowed = method === 'HEAD' ? routes.filter((each) => each.method === 'GET') : []
  const candidates = [...own, ...borrowed].filter(({ template }) => {
    const { segments } = templateOf(template)
    return segments.length === texts.length && segments.every((one, i) => matchSegment(one, texts[i] ?? ''))
  })
  return candidates.find((best) => candidates.every((other) => isWithin(best.template, other.template)))
}

function isWithin(inner: string, outer: string): boolean {
  const outerSegments = templateOf(outer).segments
  return templateOf(inner).segments.every((one, i) => includes(outerSegments[i] as typeof one, one))
}
