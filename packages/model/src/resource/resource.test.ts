import { issuesOf } from '@portcullis/kernel/schema'
import { describe, expect, it } from 'vitest'
import { declaration, type Kind, kinds, resourceId, specs } from './resource.ts'

/** The least that each kind demands. */
const minimal: Readonly<Record<Kind, Record<string, unknown>>> = {
  Organization: { title: 'HMart' },
  Environment: { title: 'Production', url: 'https://api.example' },
  GatewayGroup: { title: 'Partners' },
  AddressList: { title: 'Offices', entries: [] },
  Api: { title: 'Warehouse', versions: { v1: { contract: 'openapi.yaml', basePath: '/warehouse/v1' } } },
  TokenRules: { title: 'Rules' },
  PolicySet: { title: 'Rules', policies: 'permit(principal, action, resource);' },
  Product: { title: 'Warehouse', apis: [{ api: 'warehouse', version: 'v1' }] },
  Plan: { title: 'Gold', product: 'warehouse' },
  IdentityProvider: {
    title: 'Head office',
    type: 'oidc',
    issuer: 'https://id.example',
    clientId: 'portcullis',
    authentication: { by: 'secret', secret: 'head-office' },
  },
  App: { title: 'Robot', grants: ['client_credentials'] },
  Subscription: { app: 'robot', product: 'warehouse', plan: 'gold', scopes: [] },
  User: { title: 'Alice' },
}

function pathsOf(kind: Kind, spec: unknown): string[] {
  return issuesOf(specs[kind], spec).map((issue) => issue.path)
}

describe('a declaration', () => {
  it('is refused with an unknown kind, key or a name that a URL cannot carry', () => {
    const good = { kind: 'Api', organization: 'hmart', name: 'warehouse', spec: {} }
    expect(issuesOf(declaration, good)).toEqual([])
    expect(issuesOf(declaration, { ...good, kind: 'Pod' })[0]?.path).toBe('/kind')
    expect(issuesOf(declaration, { ...good, metadata: {} })[0]?.path).toBe('/metadata')
    for (const name of ['Warehouse', 'a_b', '-a', 'a-', 'a--b', '1a', '', 'a/b', '..', 'a'.repeat(64)]) {
      expect(issuesOf(declaration, { ...good, name })[0]?.path).toBe('/name')
    }
  })

  it('has an identity that names organization, kind and name', () => {
    expect(resourceId({ organization: 'hmart', kind: 'Api', name: 'warehouse' })).toBe('hmart/Api/warehouse')
  })
})

describe('the spec of every kind', () => {
  it.each(kinds)('%s: its least form is accepted', (kind) => {
    expect(issuesOf(specs[kind], minimal[kind])).toEqual([])
  })

  it.each(kinds)('%s: an unknown key is refused, so that no setting is silently ignored', (kind) => {
    expect(pathsOf(kind, { ...minimal[kind], titel: 'x' })).toContain('/titel')
  })

  it.each(kinds)('%s: defaults are filled in once, and reading the result again changes nothing', (kind) => {
    const once = specs[kind].parse(minimal[kind])
    expect(specs[kind].parse(once)).toEqual(once)
    expect(JSON.stringify(specs[kind].parse(JSON.parse(JSON.stringify(once))))).toBe(JSON.stringify(once))
  })

  it.each(kinds)(
    '%s: keys come out in the order of the schema, whatever order they were written in',
    (kind) => {
      const reversed = Object.fromEntries(Object.entries(minimal[kind]).toReversed())
      expect(JSON.stringify(specs[kind].parse(reversed))).toBe(
        JSON.stringify(specs[kind].parse(minimal[kind])),
      )
    },
  )
})

describe('an API', () => {
  const version = { contract: 'openapi.yaml', basePath: '/warehouse/v1' }
  const withVersion = (changes: Record<string, unknown>) => ({
    title: 'Warehouse',
    versions: { v1: { ...version, ...changes } },
  })

  it('is a draft that is served nowhere until somebody says otherwise', () => {
    const { versions } = specs.Api.parse(minimal.Api)
    expect(versions.v1).toMatchObject({ state: 'draft', deployments: {}, classification: 'internal' })
  })

  it.each(['/', '', 'warehouse', '/a/', '/a//b', '/a b', '/a%2fb', '/{id}', '/a?b', '/a#b', '/a;b'])(
    'refuses the base path "%s"',
    (basePath) => {
      expect(pathsOf('Api', withVersion({ basePath }))).toEqual(['/versions/v1/basePath'])
    },
  )

  it.each(['ftp://host', 'http://user:secret@host', 'http://host?x=1', 'http://host#x', 'host', '/path'])(
    'refuses the upstream "%s"',
    (upstream) => {
      const paths = pathsOf('Api', withVersion({ deployments: { production: { upstream } } }))
      expect(paths).toEqual(['/versions/v1/deployments/production/upstream'])
    },
  )

  it('refuses a mode or a policy key that does not exist', () => {
    const at = (policies: unknown) => pathsOf('Api', withVersion({ policies }))
    expect(at([{ policy: 'jwt', mode: 'monitor' }])).toEqual(['/versions/v1/policies/0/mode'])
    expect(at([{ policy: 'jwt', settings: {} }])).toEqual(['/versions/v1/policies/0/settings'])
    expect(at([{ policy: 'jwt' }])).toEqual([])
  })
})

describe('an app', () => {
  it('has only grants that we know', () => {
    expect(pathsOf('App', { title: 'Robot', grants: ['implicit'] })).toEqual(['/grants/0'])
    expect(pathsOf('App', { title: 'Robot', grants: [] })).toEqual(['/grants'])
  })

  it('is confidential and asks for consent unless it says otherwise', () => {
    expect(specs.App.parse(minimal.App)).toMatchObject({ public: false, firstParty: false, redirectUris: [] })
  })
})

describe('a user', () => {
  it('has an e-mail address that is one', () => {
    expect(pathsOf('User', { title: 'Alice', email: 'alice' })).toEqual(['/email'])
  })
})
