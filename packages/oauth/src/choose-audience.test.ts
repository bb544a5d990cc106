import { normalizeUpstream } from '@portcullis/model/resource/upstream'
import type { Revision, RevisionApi, RevisionSubscription } from '@portcullis/model/revision'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseAudience, stillAllowed } from './choose-audience.ts'
import { allowedScopes, directoryOf } from './directory.ts'

function apiOf(api: string, scopes: readonly string[], audience = `https://api.example/${api}`): RevisionApi {
  return {
    api,
    version: 'v1',
    title: api,
    basePath: `/${api}`,
    audience,
    upstream: normalizeUpstream('http://127.0.0.1:1'),
    classification: 'internal',
    deprecated: false,
    scopes: Object.fromEntries(scopes.map((scope) => [scope, `May ${scope}`])),
    schemes: {},
    policies: [],
    operations: [],
  }
}

function subscriptionOf(
  app: string,
  apis: readonly string[],
  scopes: readonly string[],
): RevisionSubscription {
  return {
    subscription: `${app}-${apis.join('-')}`,
    app,
    product: 'product',
    plan: 'plan',
    apis: apis.map((api) => ({ api, version: 'v1' })),
    scopes: [...scopes],
  }
}

function revisionOf(
  apis: readonly RevisionApi[],
  subscriptions: readonly RevisionSubscription[],
  environment = 'production',
): Revision {
  return {
    format: 1,
    organization: 'hmart',
    environment,
    number: 1,
    publishedAt: '2026-11-22T12:00:00Z',
    hosts: [],
    issuer: { url: 'https://auth.example/hmart', jwksUri: 'https://auth.example/hmart/jwks' },
    policies: [],
    apis: [...apis],
    groups: [],
    products: [],
    plans: [],
    subscriptions: [...subscriptions],
    otherEnvironments: [],
    externalApps: [],
    documentApps: [],
    addressLists: [],
    policySets: [],
  }
}

const warehouse = apiOf('warehouse', ['list', 'order'])
const billing = apiOf('billing', ['list', 'pay'])
const directory = directoryOf([
  revisionOf(
    [warehouse, billing],
    [
      subscriptionOf('lister', ['warehouse'], ['list']),
      subscriptionOf('lister', ['warehouse'], ['order']),
      subscriptionOf('reader', ['warehouse'], ['list', 'pay', 'invented']),
      subscriptionOf('both', ['warehouse', 'billing'], ['list', 'order', 'pay']),
    ],
  ),
])

function ask(app: string, scopes: readonly string[], ...resources: readonly string[]) {
  return chooseAudience(directory, { app, scopes, resources })
}

describe('the audience of a token', () => {
  it('is the resource that was named, when a subscription allows the scopes there', () => {
    expect(ask('lister', ['list', 'order'], warehouse.audience)).toEqual({ audience: warehouse.audience })
  })

  it('is the only one that fits when none was named', () => {
    expect(ask('both', ['pay'])).toEqual({ audience: billing.audience })
    expect(ask('reader', [])).toEqual({ audience: warehouse.audience })
  })

  it('must be named when more than one fits', () => {
    expect(ask('both', ['list'])).toMatchObject({
      refusal: { error: 'invalid_target', description: expect.stringContaining('name the one you mean') },
    })
    expect(ask('both', ['order', 'pay'])).toMatchObject({ refusal: { error: 'invalid_target' } })
  })

  it('is never more than one', () => {
    expect(ask('both', ['list'], warehouse.audience, billing.audience)).toMatchObject({
      refusal: { error: 'invalid_target' },
    })
  })

  it('refuses a scope beyond the subscription and names it', () => {
    for (const resources of [[], [warehouse.audience]]) {
      expect(ask('reader', ['list', 'order'], ...resources)).toMatchObject({
        refusal: { error: 'invalid_scope', description: expect.stringContaining("'order'") },
      })
    }
  })

  it('tells an unknown resource and one without subscription apart for nobody', () => {
    const unknown = ask('reader', ['list'], 'https://api.example/nowhere')
    expect(unknown).toMatchObject({ refusal: { error: 'invalid_target' } })
    expect(ask('reader', ['list'], billing.audience)).toEqual(unknown)
  })

  it('has only scopes of its own contract, whatever a subscription says', () => {
    expect(allowedScopes(directory, 'reader', warehouse.audience)).toEqual(new Set(['list']))
  })

  it('allows what both environments allow where two publish the same audience', () => {
    const shared = directoryOf([
      revisionOf([warehouse], [subscriptionOf('app', ['warehouse'], ['list', 'order'])], 'sandbox'),
      revisionOf([warehouse], [subscriptionOf('app', ['warehouse'], ['list'])], 'production'),
    ])
    expect(allowedScopes(shared, 'app', warehouse.audience)).toEqual(new Set(['list']))
    const sandboxOnly = directoryOf([
      revisionOf([warehouse], [subscriptionOf('app', ['warehouse'], ['list'])], 'sandbox'),
      revisionOf([warehouse], [], 'production'),
    ])
    expect(allowedScopes(sandboxOnly, 'app', warehouse.audience)).toBeUndefined()
  })

  it('gives a client that a document describes what the app has that stands for it, where it does', () => {
    const id = 'https://editor.example/clients/a.json'
    const revisionWith = (place: string, environment: string) => ({
      ...revisionOf([warehouse], [subscriptionOf('editors', ['warehouse'], ['list'])], environment),
      documentApps: [{ place, app: 'editors' }],
    })
    const one = revisionWith('https://editor.example/clients/', 'sandbox')
    const elsewhere = revisionWith('https://other.example/', 'production')
    expect(allowedScopes(directoryOf([one]), id, warehouse.audience)).toEqual(new Set(['list']))
    expect(allowedScopes(directoryOf([elsewhere]), id, warehouse.audience)).toBeUndefined()
    // Where tokens of two environments are good in both, it must be so in both.
    expect(allowedScopes(directoryOf([one, elsewhere]), id, warehouse.audience)).toBeUndefined()
    const choice = chooseAudience(directoryOf([one]), { app: id, scopes: ['list'], resources: [] })
    expect(choice).toEqual({ audience: warehouse.audience })
  })

  it('narrows to what is still allowed, and ends with the subscription', () => {
    expect(stillAllowed(directory, 'reader', warehouse.audience, ['list', 'order'])).toEqual(['list'])
    expect(stillAllowed(directory, 'gone', warehouse.audience, ['list'])).toBeUndefined()
  })

  it('never grants a scope without a subscription of that app to that API', () => {
    const apis = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { minLength: 1 })
    const scopes = fc.uniqueArray(fc.constantFrom('r', 's', 't', 'u'))
    const app = fc.constantFrom('one', 'two')
    const model = fc.record({
      contracts: fc.dictionary(fc.constantFrom('a', 'b', 'c'), scopes),
      subscriptions: fc.array(fc.record({ app, apis, scopes }), { maxLength: 6 }),
      asked: fc.record({ app, scopes, resource: fc.option(fc.constantFrom('a', 'b', 'c')) }),
    })
    fc.assert(
      fc.property(model, ({ contracts, subscriptions, asked }) => {
        const all = directoryOf([
          revisionOf(
            Object.entries(contracts).map(([api, declared]) => apiOf(api, declared)),
            subscriptions.map((each) => subscriptionOf(each.app, each.apis, each.scopes)),
          ),
        ])
        const resources = asked.resource === null ? [] : [`https://api.example/${asked.resource}`]
        const choice = chooseAudience(all, { app: asked.app, scopes: asked.scopes, resources })
        if ('refusal' in choice) return
        const api = choice.audience.slice('https://api.example/'.length)
        if (asked.resource !== null) expect(api).toBe(asked.resource)
        const mine = subscriptions.filter(
          (each) => each.app === asked.app && each.apis.some((name) => name === api),
        )
        expect(mine.length).toBeGreaterThan(0)
        for (const scope of asked.scopes) {
          expect(contracts[api]).toContain(scope)
          expect(mine.flatMap((each) => each.scopes)).toContain(scope)
        }
      }),
    )
  })
})
