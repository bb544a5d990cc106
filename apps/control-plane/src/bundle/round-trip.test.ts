import { pointer } from '@portcullis/kernel/schema'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { changed, openTestSite, type TestSite, WAREHOUSE } from '../test-kit.ts'
import type { Bundle } from './bundle.ts'

const by = { actor: 'test' }
const sites: TestSite[] = []

async function open(): Promise<TestSite['controlPlane']> {
  const site = await openTestSite()
  sites.push(site)
  return site.controlPlane
}

afterAll(async () => {
  await Promise.all(sites.map((site) => site.controlPlane.close()))
})

/** Any text that YAML could take for something else, among all others. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  fc.constantFrom(
    'yes',
    'null',
    '~',
    '0x10',
    '1e3',
    '- a',
    'a: b',
    '# x',
    "it's",
    '"',
    ' a ',
    'a\nb',
    '\t',
    '2020-01-01',
    '<<',
    '|',
    '&a *a',
  ),
)

const declarations = fc.record({
  organization: text,
  environment: text,
  plan: text,
  mail: fc.boolean(),
  user: text,
  description: text,
  clockSkew: fc.constantFrom('0s', '10s', '1m', '5m'),
  claims: fc.array(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 3 }),
  upstream: fc.oneof(
    fc.constant('https://warehouse.internal'),
    fc.record(
      {
        targets: fc.constant([{ url: 'https://a.internal' }, { weight: 2, url: 'https://b.internal' }]),
        balance: fc.constantFrom('round-robin', 'least-requests'),
        circuitBreaker: fc.constantFrom({}, { openFor: '1m', failurePercent: 10 }),
        health: fc.constantFrom({}, { active: { path: '/health' } }, { passive: { ejectFor: '60s' } }),
        retry: fc.constantFrom({}, { on: [503, 'no-answer'] }),
        slowStart: fc.constant('30s'),
        timeouts: fc.constantFrom({}, { total: '1m' }),
      },
      { requiredKeys: ['targets'] },
    ),
  ),
  hosts: fc.uniqueArray(fc.constantFrom('a.example', 'b.example', '*', 'c.example'), { maxLength: 3 }),
})

function bundleOf(each: typeof declarations extends fc.Arbitrary<infer T> ? T : never): Bundle {
  const declare = (kind: string, name: string, spec: unknown): string =>
    stringify({ kind, organization: 'hmart', name, spec })
  const policies = [
    {
      policy: 'jwt',
      config: {
        clockSkew: each.clockSkew,
        assertions: each.claims.map((name) => ({ claim: pointer([name]), present: true })),
      },
    },
  ]
  return {
    ...changed('warehouse/api.yaml', 'https://warehouse.internal', JSON.stringify(each.upstream)),
    'hmart.yaml': [
      declare('Organization', 'hmart', { title: each.organization }),
      declare('Environment', 'production', {
        title: each.environment,
        url: 'https://api.example/',
        hosts: each.hosts,
        policies,
      }),
      declare('User', 'bob', { title: each.user, ...(each.mail && { email: 'bob@example.com' }) }),
      declare('Plan', 'silver', { product: 'shop', title: each.plan }),
      declare('Product', 'other', {
        description: each.description,
        title: 'Other',
        apis: [{ version: 'v1', api: 'warehouse' }],
      }),
    ].join('---\n'),
  }
}

describe('an export', () => {
  it('has a file for every declaration, and the contracts below it', async () => {
    const controlPlane = await open()
    await controlPlane.apply(WAREHOUSE, by)
    expect(Object.keys(await controlPlane.exportFiles('hmart'))).toEqual([
      'hmart/organization/hmart.yaml',
      'hmart/environment/production.yaml',
      'hmart/api/warehouse.yaml',
      'hmart/api/warehouse/v1/openapi.yaml',
      'hmart/api/warehouse/v1/schema/answer.yaml',
      'hmart/product/shop.yaml',
      'hmart/plan/gold.yaml',
      'hmart/app/robot.yaml',
      'hmart/subscription/robot-shop.yaml',
      'hmart/user/alice.yaml',
    ])
  })

  it('writes specs with their defaults, in the order of the schema', async () => {
    const controlPlane = await open()
    await controlPlane.apply(WAREHOUSE, by)
    expect((await controlPlane.exportFiles())['hmart/app/robot.yaml']).toBe(`kind: App
organization: hmart
name: robot
spec:
  title: Robot
  grants:
    - client_credentials
  redirectUris: []
  public: false
  firstParty: false
`)
  })

  it('changes nothing where it came from, makes the same elsewhere, and is then exported the same', async () => {
    await fc.assert(
      fc.asyncProperty(declarations, async (each) => {
        const controlPlane = await open()
        await controlPlane.apply(bundleOf(each), by)
        const exported = await controlPlane.exportFiles()
        expect((await controlPlane.diff(exported, { prune: true })).changes).toEqual([])
        expect((await controlPlane.apply(exported, by)).revisions).toEqual([])
        const other = await open()
        await other.apply(exported, by)
        expect(await other.exportFiles()).toEqual(exported)
        expect((await other.diff(bundleOf(each))).changes).toEqual([])
      }),
      { numRuns: 40 },
    )
  })
})
