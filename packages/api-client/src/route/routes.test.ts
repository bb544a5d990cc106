import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { managementScopes, SCHEME } from '../scope.ts'
import { routes } from './routes.ts'

const all = Object.entries(routes)

describe('the routes of the management API', () => {
  it.each(all)('%s says who may call it', (name, route) => {
    expect(route.operationId).toBe(name)
    const demanded = route.security.flatMap((each) => Object.entries(each))
    for (const [scheme, scopes] of demanded) {
      expect(scheme).toBe(SCHEME)
      expect(scopes.every((scope) => Object.hasOwn(managementScopes, scope))).toBe(true)
      expect(scopes).not.toEqual([])
    }
  })

  it('leave nothing to anybody but the document itself', () => {
    expect(all.filter(([, route]) => route.security.length === 0).map(([name]) => name)).toEqual([
      'getDocument',
    ])
  })

  it('give gateways nothing but what is below /gateway', () => {
    for (const [, route] of all) {
      const isForGateways = route.security.some((each) => each[SCHEME]?.includes('gateway.sync') === true)
      expect(isForGateways).toBe(route.path.startsWith('/gateway/'))
    }
  })

  it('demand the right to write for everything that changes what is declared', () => {
    const changing = all.filter(([, route]) => !['get', 'post'].includes(route.method))
    expect(changing).not.toEqual([])
    for (const [, route] of [...changing, ['applyBundle', routes.applyBundle] as const]) {
      expect(route.security).toEqual([{ [SCHEME]: ['resources.write'] }])
    }
  })

  it('load nothing of the library that serves them: a gateway would have it in memory', () => {
    const files = readdirSync(import.meta.dirname).filter((each) => !each.endsWith('.test.ts'))
    const loading = /^import (?!type ).*from '@hono/m
    const serving = files.filter((each) =>
      loading.test(readFileSync(join(import.meta.dirname, each), 'utf8')),
    )
    expect(serving).toEqual([])
  })
})
