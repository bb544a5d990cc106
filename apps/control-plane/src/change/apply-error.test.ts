import { resources, revisions } from '@portcullis/model/collection'
import { afterEach, describe, expect, it } from 'vitest'
import type { Bundle } from '../bundle/bundle.ts'
import {
  CONTRACT,
  changed,
  faultOf,
  findingsOf,
  openTestSite,
  plus,
  resource,
  type TestSite,
  WAREHOUSE,
} from '../test-kit.ts'

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
      'a target without a URL',
      changed(
        'warehouse/api.yaml',
        'upstream: https://warehouse.internal',
        'upstream: { targets: [{ url: "https://a.internal" }, { weight: 2 }] }',
      ),
      'bundle.bad-declaration',
      'warehouse/api.yaml',
      12,
      '/spec/versions/v1/deployments/production/upstream/targets/1/url',
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
        'type: apiKey\n      in: cookie\n      name: key\n    other:\n      type: oauth2\n',
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
