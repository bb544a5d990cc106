import { resources, revisionHeads, revisions } from '@portcullis/model/collection'
import { storeFaults } from '@portcullis/ports/store/port'
import { afterEach, describe, expect, it } from 'vitest'
import type { Bundle } from '../bundle/bundle.ts'
import {
  CONTRACT,
  changed,
  faultOf,
  findingsOf,
  openTestSite,
  type TestSite,
  WAREHOUSE,
} from '../test-kit.ts'
import { changeRecords } from './record.ts'

const sites: TestSite[] = []

async function open(shared: Parameters<typeof openTestSite>[0] = {}): Promise<TestSite> {
  const site = await openTestSite(shared)
  sites.push(site)
  return site
}

afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.controlPlane.close()))
})

const by = { actor: 'test' }

/** The bundle with one more file. */
function plus(file: string, text: string): Bundle {
  return { ...WAREHOUSE, [file]: text }
}

function resource(kind: string, name: string, spec: string): string {
  return `kind: ${kind}\norganization: hmart\nname: ${name}\nspec: ${spec}\n`
}

/** What is wrong, and the code, the file, the line and the pointer with which it must be told. */
const errors: readonly (readonly [string, Bundle, string, string, number | undefined, string | undefined])[] =
  [
    ['YAML that cannot be read', plus('a.yaml', 'kind: [App'), 'source.malformed', 'a.yaml', 1, undefined],
    [
      'an unknown kind',
      plus('a.yaml', resource('Pod', 'a', '{}')),
      'bundle.bad-declaration',
      'a.yaml',
      1,
      '/kind',
    ],
    [
      'an unknown key',
      changed('shop.yaml', 'title: Gold,', 'title: Gold, titel: x,'),
      'bundle.bad-declaration',
      'shop.yaml',
      9,
      '/spec/titel',
    ],
    [
      'a missing key',
      changed('shop.yaml', 'title: Gold, ', ''),
      'bundle.bad-declaration',
      'shop.yaml',
      9,
      '/spec/title',
    ],
    [
      'a resource declared twice',
      plus('a.yaml', resource('User', 'alice', '{ title: A }')),
      'bundle.duplicate-declaration',
      'a.yaml',
      3,
      '/name',
    ],
    [
      'an organization of another',
      plus('a.yaml', 'kind: Organization\norganization: hmart\nname: other\nspec: { title: A }'),
      'bundle.foreign-organization',
      'a.yaml',
      2,
      '/organization',
    ],
    [
      'a document without kind',
      plus('a.yaml', `${resource('User', 'bob', '{ title: B }')}---\nfoo: 1`),
      'bundle.no-kind',
      'a.yaml',
      6,
      '',
    ],
    [
      'a file that nothing uses',
      plus('notes.yaml', 'a: 1'),
      'bundle.unused-file',
      'notes.yaml',
      undefined,
      undefined,
    ],
    [
      'a path that leaves the bundle',
      plus('../a.yaml', 'a: 1'),
      'bundle.bad-path',
      '../a.yaml',
      undefined,
      undefined,
    ],
    ['an absolute path', plus('/etc/passwd', 'a: 1'), 'bundle.bad-path', '/etc/passwd', undefined, undefined],
    [
      'a contract that is not there',
      changed('warehouse/api.yaml', 'contract/openapi', 'contract/gone'),
      'bundle.no-contract',
      'warehouse/api.yaml',
      8,
      '/spec/versions/v1/contract',
    ],
    [
      'an operation without security',
      changed('warehouse/contract/openapi.yaml', '      security: [{ login: [list_items] }]\n', ''),
      'contract.unsecured',
      'warehouse/contract/openapi.yaml',
      15,
      undefined,
    ],
    [
      'an organization that does not exist',
      plus('a.yaml', 'kind: User\norganization: other\nname: bob\nspec: { title: B }'),
      'model.unknown-organization',
      'a.yaml',
      2,
      '/organization',
    ],
    [
      'a deployment to an unknown environment',
      changed('warehouse/api.yaml', 'production:', 'prod:'),
      'model.unknown-reference',
      'warehouse/api.yaml',
      12,
      '/spec/versions/v1/deployments/prod',
    ],
    [
      'a product of an unknown API',
      changed('shop.yaml', 'api: warehouse', 'api: store'),
      'model.unknown-reference',
      'shop.yaml',
      4,
      '/spec/apis/0/api',
    ],
    [
      'a product of an unknown version',
      changed('shop.yaml', 'version: v1', 'version: v2'),
      'model.unknown-reference',
      'shop.yaml',
      4,
      '/spec/apis/0/version',
    ],
    [
      'a plan of an unknown product',
      changed('shop.yaml', 'product: shop }', 'product: shed }'),
      'model.unknown-reference',
      'shop.yaml',
      9,
      '/spec/product',
    ],
    [
      'a subscription of an unknown app',
      changed('shop.yaml', 'app: robot', 'app: robert'),
      'model.unknown-reference',
      'shop.yaml',
      19,
      '/spec/app',
    ],
    [
      'a subscription on another product’s plan',
      plus(
        'a.yaml',
        `${resource('Product', 'shed', '{ title: S, apis: [{ api: warehouse, version: v1 }] }')}---\n${resource('Subscription', 'b', '{ app: robot, product: shed, plan: gold, scopes: [] }')}`,
      ),
      'model.plan-of-another-product',
      'a.yaml',
      9,
      '/spec/plan',
    ],
    [
      'a scope that no contract has',
      changed('shop.yaml', '[list_items]', '[list_items, all]'),
      'model.unknown-scope',
      'shop.yaml',
      19,
      '/spec/scopes/1',
    ],
    [
      'an unknown policy',
      changed('shop.yaml', 'product: shop }', 'product: shop, policies: [{ policy: waf }] }'),
      'model.unknown-policy',
      'shop.yaml',
      9,
      '/spec/policies/0/policy',
    ],
    [
      'a configuration that the policy refuses',
      changed('hmart.yaml', '  hosts:', '  policies: [{ policy: jwt, config: { clockSkew: 1h } }]\n  hosts:'),
      'model.bad-config',
      'hmart.yaml',
      12,
      '/spec/policies/0/config/clockSkew',
    ],
    [
      'an unknown key in a configuration',
      changed('hmart.yaml', '  hosts:', '  policies: [{ policy: jwt, config: { skew: 1s } }]\n  hosts:'),
      'model.bad-config',
      'hmart.yaml',
      12,
      '/spec/policies/0/config/skew',
    ],
    [
      'a policy that must not fail open',
      changed('hmart.yaml', '  hosts:', '  policies: [{ policy: jwt, failOpen: true }]\n  hosts:'),
      'model.may-not-fail-open',
      'hmart.yaml',
      12,
      '/spec/policies/0/failOpen',
    ],
    [
      'a plan with a policy that runs before it is known',
      changed('shop.yaml', 'product: shop }', 'product: shop, policies: [{ policy: jwt }] }'),
      'model.not-for-plans',
      'shop.yaml',
      9,
      '/spec/policies/0/policy',
    ],
    [
      'a policy attached twice',
      changed('hmart.yaml', '  hosts:', '  policies: [{ policy: jwt }, { policy: jwt }]\n  hosts:'),
      'model.duplicate-policy',
      'hmart.yaml',
      12,
      '/spec/policies/1/policy',
    ],
    [
      'policies of an unknown operation',
      changed('warehouse/api.yaml', '      basePath', '      operations: { getItems: {} }\n      basePath'),
      'model.unknown-operation',
      'warehouse/api.yaml',
      10,
      '/spec/versions/v1/operations/getItems',
    ],
    [
      'a host of two environments',
      plus(
        'a.yaml',
        resource(
          'Environment',
          'sandbox',
          '{ title: S, url: "https://s.example", hosts: [API.hmart.example] }',
        ),
      ),
      'model.host-taken',
      'a.yaml',
      4,
      '/spec/hosts/0',
    ],
    [
      'base paths below each other',
      changed(
        'warehouse/api.yaml',
        '    v1:',
        '    v0: { contract: contract/openapi.yaml, state: published, basePath: /warehouse, deployments: { production: { upstream: "https://a.internal" } } }\n    v1:',
      ),
      'model.base-path-taken',
      'warehouse/api.yaml',
      11,
      '/spec/versions/v1/basePath',
    ],
    [
      'a code grant without redirect URIs',
      changed('shop.yaml', '[client_credentials]', '[authorization_code]'),
      'model.redirect-uris-missing',
      'shop.yaml',
      14,
      '/spec/redirectUris',
    ],
    [
      'a redirect URI with a fragment',
      changed(
        'shop.yaml',
        '[client_credentials]',
        '[authorization_code], redirectUris: ["https://a.example/#x"]',
      ),
      'model.bad-redirect-uri',
      'shop.yaml',
      14,
      '/spec/redirectUris/0',
    ],
    [
      'a plain http redirect URI',
      changed(
        'shop.yaml',
        '[client_credentials]',
        '[authorization_code], redirectUris: ["http://127.evil.example/"]',
      ),
      'model.bad-redirect-uri',
      'shop.yaml',
      14,
      '/spec/redirectUris/0',
    ],
    [
      'a script as redirect URI',
      changed(
        'shop.yaml',
        '[client_credentials]',
        '[authorization_code], redirectUris: ["javascript:alert(1)"]',
      ),
      'model.bad-redirect-uri',
      'shop.yaml',
      14,
      '/spec/redirectUris/0',
    ],
    [
      'a public client that has nobody to speak for',
      changed('shop.yaml', 'title: Robot,', 'title: Robot, public: true,'),
      'model.public-without-user',
      'shop.yaml',
      14,
      '/spec/grants',
    ],
    [
      'a security scheme that nothing can satisfy',
      changed(
        'warehouse/contract/openapi.yaml',
        'type: oauth2\n',
        'type: apiKey\n      in: query\n      name: key\n    other:\n      type: oauth2\n',
        {
          ...WAREHOUSE,
          'warehouse/contract/openapi.yaml': CONTRACT.replaceAll(
            /\[(list_items|order_item)\] \}\]/g,
            '[] }]',
          ),
        },
      ),
      'model.unsatisfiable-scheme',
      'warehouse/api.yaml',
      8,
      '/spec/versions/v1/contract',
    ],
  ]

describe('an apply with one error', () => {
  it.each(errors)(
    '%s: is refused with its place, and changes nothing',
    async (_, bundle, code, file, line, path) => {
      const { controlPlane, store } = await open()
      const findings = await findingsOf(controlPlane.apply(bundle, by))
      expect(findings).toContainEqual(expect.objectContaining({ severity: 'error', code, file }))
      const found = findings.find((each) => each.code === code && each.file === file)
      if (line !== undefined) expect(found?.line).toBe(line)
      if (path !== undefined) expect(found?.path).toBe(path)
      expect(found?.remedy).not.toBe('')
      expect(await store.find(resources, 'system')).toEqual([])
      expect(await store.find(resources, 'hmart')).toEqual([])
      expect(await store.find(revisions, 'hmart')).toEqual([])
      expect((await controlPlane.validate(bundle)).some((each) => each.code === code)).toBe(true)
    },
  )

  it('lists every error and not only the first', async () => {
    const { controlPlane } = await open()
    const bundle = changed(
      'shop.yaml',
      'app: robot',
      'app: robert',
      changed('shop.yaml', '[list_items]', '[all]'),
    )
    const codes = (await findingsOf(controlPlane.apply(bundle, by))).map((each) => each.code)
    expect(codes.toSorted()).toEqual(['model.unknown-reference', 'model.unknown-scope'])
  })

  it('leaves what was there before as it was', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    const before = await controlPlane.exportFiles()
    await findingsOf(controlPlane.apply(changed('shop.yaml', '[list_items]', '[all]'), by))
    expect(await controlPlane.exportFiles()).toEqual(before)
    expect((await controlPlane.revision('hmart', 'production')).revision.number).toBe(1)
  })

  it('refuses a bundle of too many files or bytes', async () => {
    const { controlPlane } = await open()
    const many = Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [`f${i}.yaml`, '']))
    expect(await faultOf(controlPlane.apply(many, by))).toMatchObject({
      code: 'bundle.too-large',
      status: 413,
    })
    const large = { 'a.yaml': 'a'.repeat(33 * 1024 * 1024) }
    expect(await faultOf(controlPlane.apply(large, by))).toMatchObject({ code: 'bundle.too-large' })
  })
})

describe('an apply', () => {
  it('publishes what it changes, and is quiet where nothing changes', async () => {
    const { controlPlane } = await open()
    const first = await controlPlane.apply(WAREHOUSE, by)
    expect(first.warnings).toEqual([])
    expect(first.changes.map((each) => each.action)).toEqual(Array.from({ length: 8 }, () => 'create'))
    expect(first.revisions).toEqual([{ organization: 'hmart', environment: 'production', number: 1 }])
    expect(await controlPlane.apply(WAREHOUSE, by)).toEqual({ changes: [], revisions: [], warnings: [] })
  })

  it('makes no revision for a change that no gateway enforces', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    const { changes, revisions } = await controlPlane.apply(
      changed('shop.yaml', 'title: Alice', 'title: Alice B.'),
      by,
    )
    expect(changes).toEqual([
      {
        action: 'update',
        kind: 'User',
        organization: 'hmart',
        name: 'alice',
        differences: [{ path: '/spec/title', before: 'Alice', after: 'Alice B.' }],
      },
    ])
    expect(revisions).toEqual([])
  })

  it('counts on for what is enforced, and keeps every revision as it was', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    const first = await controlPlane.revision('hmart', 'production', 1)
    const { revisions } = await controlPlane.apply(
      changed('shop.yaml', '[list_items]', '[list_items, order_item]'),
      by,
    )
    expect(revisions).toEqual([{ organization: 'hmart', environment: 'production', number: 2 }])
    expect(await controlPlane.revision('hmart', 'production', 1)).toEqual(first)
    expect((await controlPlane.revision('hmart', 'production')).revision.number).toBe(2)
  })

  it('tells which contract file changed', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    const { changes } = await controlPlane.diff(
      changed('warehouse/contract/schema/answer.yaml', 'items', 'goods'),
    )
    expect(changes[0]?.differences).toMatchObject([
      { path: '/spec/versions/v1/contract/schema~1answer.yaml' },
    ])
  })

  it('checks a draft and serves it nowhere', async () => {
    const { controlPlane } = await open()
    const { warnings } = await controlPlane.apply(changed('warehouse/api.yaml', 'published', 'draft'), by)
    expect(warnings.map((each) => each.code)).toEqual(['warning.draft'])
    expect((await controlPlane.revision('hmart', 'production')).revision).toMatchObject({
      apis: [],
      plans: [],
      subscriptions: [],
    })
  })

  it('says what is dangerous and does it all the same', async () => {
    const { controlPlane } = await open()
    const bundle = {
      ...WAREHOUSE,
      'hmart.yaml': (WAREHOUSE['hmart.yaml'] ?? '').replace(
        '[api.hmart.example]',
        "['*']\n  policies: [{ policy: scope, mode: observe }]",
      ),
      'warehouse/api.yaml': (WAREHOUSE['warehouse/api.yaml'] ?? '').replace(
        'https://warehouse',
        'http://warehouse',
      ),
    }
    const { warnings, revisions } = await controlPlane.apply(bundle, by)
    expect(warnings.map((each) => `${each.code} ${each.path}`).toSorted()).toEqual([
      'warning.any-host /spec/hosts/0',
      'warning.not-enforced /spec/policies/0/mode',
      'warning.plain-http /spec/versions/v1/deployments/production/upstream',
    ])
    expect(warnings.every((each) => each.severity === 'warning')).toBe(true)
    expect(revisions).toHaveLength(1)
  })

  it('takes loopback backends and loopback redirects without a word', async () => {
    const { controlPlane } = await open()
    const local = changed('warehouse/api.yaml', 'https://warehouse.internal', 'http://127.0.0.1:9')
    const bundle = changed(
      'shop.yaml',
      '[client_credentials]',
      '[authorization_code], redirectUris: ["http://127.0.0.1/cb", "http://[::1]:1/cb", "com.example.app:/cb"]',
      local,
    )
    expect((await controlPlane.apply(bundle, by)).warnings).toEqual([])
  })

  it('leaves out nothing of two that race', async () => {
    const { controlPlane, store } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    const users = Array.from({ length: 12 }, (_, i) => resource('User', `user${i}`, '{ title: U }'))
    await Promise.all(users.map((text, i) => controlPlane.apply({ [`u${i}.yaml`]: text }, by)))
    expect(await controlPlane.resources.list('hmart', 'User')).toHaveLength(13)
    expect(await store.find(changeRecords, 'system')).toHaveLength(13)
  })

  it('leaves out nothing of two processes that race over one store', async () => {
    const one = await open()
    await one.controlPlane.apply(WAREHOUSE, by)
    const other = await open({ store: one.store, secrets: one.secrets, clock: one.clock })
    const scopes = ['[order_item]', '[list_items, order_item]']
    const policies = resource('Plan', 'gold', '{ title: Best, product: shop }')
    await Promise.all([
      one.controlPlane.apply(changed('shop.yaml', '[list_items]', scopes[0] ?? ''), by),
      other.controlPlane.apply({ 'a.yaml': policies }, by),
      one.controlPlane.apply(
        { 'b.yaml': resource('Plan', 'silver', '{ title: Silver, product: shop }') },
        by,
      ),
      other.controlPlane.apply(
        { 'c.yaml': resource('Plan', 'bronze', '{ title: Bronze, product: shop }') },
        by,
      ),
    ])
    const { revision } = await other.controlPlane.revision('hmart', 'production')
    expect(revision.plans.map((each) => each.plan)).toEqual(['bronze', 'gold', 'silver'])
    const numbers = (await one.store.find(revisions, 'hmart')).map((each) => each.value.number)
    expect(numbers).toEqual(Array.from({ length: revision.number }, (_, i) => i + 1))
  })

  it('checks again what another process made of the state in between', async () => {
    const one = await open()
    const robot2 = resource('App', 'robot2', '{ title: R, grants: [client_credentials] }')
    await one.controlPlane.apply(plus('a.yaml', robot2), by)
    const other = await open({ store: one.store, secrets: one.secrets, clock: one.clock })
    const subscribe = resource(
      'Subscription',
      'late',
      '{ app: robot2, product: shop, plan: gold, scopes: [] }',
    )
    const commit = one.store.commit.bind(one.store)
    let interrupted = false
    one.store.commit = async (changes) => {
      if (!interrupted) {
        interrupted = true
        await other.controlPlane.apply({ 's.yaml': subscribe }, by)
      }
      await commit(changes)
    }
    const removing = one.controlPlane.resources.remove(
      { kind: 'App', organization: 'hmart', name: 'robot2' },
      by,
    )
    expect((await findingsOf(removing))[0]?.code).toBe('model.in-use')
    expect(await one.controlPlane.resources.list('hmart', 'App')).toHaveLength(2)
  })

  it('records who changed what', async () => {
    const { controlPlane, store, log } = await open()
    await controlPlane.apply(WAREHOUSE, { actor: 'command-line for alice' })
    const [record] = await store.find(changeRecords, 'system')
    expect(record?.value).toMatchObject({ actor: 'command-line for alice', action: 'apply' })
    expect(record?.value.targets).toContain('publish hmart/production#1')
    expect(log.lines).toContainEqual(expect.objectContaining({ message: 'changed' }))
  })

  it('tells listeners once it is in force, and not when the commit fails', async () => {
    const { controlPlane, store } = await open()
    const told: unknown[] = []
    controlPlane.onRevision(() => {
      throw new Error('a listener that fails')
    })
    const stop = controlPlane.onRevision((notice) => told.push(notice))
    const commit = store.commit.bind(store)
    store.commit = () => Promise.reject(storeFaults.unavailable())
    expect((await faultOf(controlPlane.apply(WAREHOUSE, by))).code).toBe('store.unavailable')
    expect(told).toEqual([])
    store.commit = commit
    await controlPlane.apply(WAREHOUSE, by)
    expect(told).toEqual([{ organization: 'hmart', environment: 'production', number: 1 }])
    stop()
    await controlPlane.apply(changed('shop.yaml', '[list_items]', '[order_item]'), by)
    expect(told).toHaveLength(1)
  })

  it('gives up, having changed nothing, when others always come first', async () => {
    const { controlPlane, store } = await open()
    let attempts = 0
    store.commit = () => {
      attempts++
      return Promise.reject(storeFaults.conflict())
    }
    expect((await faultOf(controlPlane.apply(WAREHOUSE, by))).code).toBe('store.conflict')
    expect(attempts).toBeGreaterThan(1)
    expect(attempts).toBeLessThan(20)
    expect(await store.find(resources, 'hmart')).toEqual([])
  })
})

describe('removing', () => {
  it('prunes what the bundle leaves out of the organizations that it declares, and of no other', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    await controlPlane.apply(
      {
        'o.yaml':
          'kind: Organization\norganization: other\nname: other\nspec: { title: O }\n---\nkind: User\norganization: other\nname: bob\nspec: { title: B }',
      },
      by,
    )
    const { 'shop.yaml': _, ...rest } = WAREHOUSE
    expect((await controlPlane.apply(rest, by)).changes).toEqual([])
    const { changes } = await controlPlane.apply(rest, { ...by, prune: true })
    expect(changes.map((each) => `${each.action} ${each.kind}/${each.name}`)).toEqual([
      'delete Product/shop',
      'delete Plan/gold',
      'delete App/robot',
      'delete Subscription/robot-shop',
      'delete User/alice',
    ])
    expect(await controlPlane.resources.list('other', 'User')).toHaveLength(1)
  })

  it('refuses to remove what something else refers to', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(WAREHOUSE, by)
    for (const [kind, name] of [
      ['Plan', 'gold'],
      ['App', 'robot'],
      ['Environment', 'production'],
      ['Api', 'warehouse'],
      ['Organization', 'hmart'],
    ] as const) {
      const findings = await findingsOf(
        controlPlane.resources.remove({ kind, organization: 'hmart', name }, by),
      )
      expect(findings[0]?.code).toBe('model.in-use')
      expect(findings[0]?.message).toContain('hmart/')
    }
    expect(await controlPlane.diff(WAREHOUSE)).toEqual({ changes: [], warnings: [] })
  })

  it('takes an environment away from gateways, and counts on when it comes back', async () => {
    const { controlPlane, store } = await open()
    const sandbox = resource(
      'Environment',
      'sandbox',
      '{ title: S, url: "https://s.example", hosts: [s.example] }',
    )
    await controlPlane.apply(plus('s.yaml', sandbox), by)
    await controlPlane.resources.remove({ kind: 'Environment', organization: 'hmart', name: 'sandbox' }, by)
    expect(await store.get(revisionHeads, 'hmart', 'sandbox')).toBeUndefined()
    expect((await controlPlane.environments()).map((each) => each.environment)).toEqual(['production'])
    const { revisions: published } = await controlPlane.apply({ 's.yaml': sandbox }, by)
    expect(published).toEqual([{ organization: 'hmart', environment: 'sandbox', number: 2 }])
  })
})

describe('a start', () => {
  it('publishes anew when the authorization server has moved', async () => {
    const one = await open()
    await one.controlPlane.apply(WAREHOUSE, by)
    const { store, secrets, clock } = one
    const moved = await open({ store, secrets, clock, authserverUrl: 'https://login.example/' })
    const { revision } = await moved.controlPlane.revision('hmart', 'production')
    expect(revision).toMatchObject({
      number: 2,
      issuer: { url: 'https://login.example/hmart', jwksUri: 'https://login.example/hmart/jwks' },
    })
    expect(moved.controlPlane.revisionKey()).toEqual(one.controlPlane.revisionKey())
    const again = await open({ store, secrets, clock, authserverUrl: 'https://login.example' })
    expect((await again.controlPlane.revision('hmart', 'production')).revision.number).toBe(2)
  })
})
