import type { PolicyReport, PolicyReportQuery } from '@portcullis/api-client/route/policy-report'
import { afterEach, describe, expect, it } from 'vitest'
import type { Bundle } from '../bundle/bundle.ts'
import { CONTRACT, changed, openTestSite, resource, type TestSite, WAREHOUSE } from '../test-kit.ts'

const sites: TestSite[] = []

afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.controlPlane.close()))
})

async function report(bundle: Bundle, query: PolicyReportQuery = {}): Promise<PolicyReport> {
  const site = await openTestSite()
  sites.push(site)
  await site.controlPlane.apply(bundle, { actor: 'test' })
  return site.controlPlane.reportPolicies('hmart', 'production', query)
}

/** The warehouse, with orders that hold data of patients, and everybody subscribed to everything. */
const CLINIC = changed(
  'shop.yaml',
  'scopes: [list_items]',
  'scopes: [list_items, order_item]',
  changed(
    'warehouse/contract/openapi.yaml',
    'operationId: orderItem\n',
    'operationId: orderItem\n      x-data-class: healthcare\n',
    { ...WAREHOUSE, 'warehouse/contract/openapi.yaml': CONTRACT },
  ),
)

const office = (policies: string): Bundle => ({
  ...CLINIC,
  'office.yaml': resource('PolicySet', 'office', JSON.stringify({ title: 'Office', policies })),
})

const attached = (text: string, bundle: Bundle = CLINIC): Bundle =>
  changed(
    'hmart.yaml',
    '  hosts: [api.hmart.example]\n',
    `  hosts: [api.hmart.example]\n  policies: ${text}\n`,
    bundle,
  )

const names = ({ policies }: PolicyReport): string[] => policies.map(({ name }) => name)
const reasons = ({ uncallable }: PolicyReport): string[] =>
  uncallable.flatMap((each) =>
    each.reasons.map(({ policy, reason }) => `${each.operation}: ${policy}: ${reason}`),
  )

describe('attachments are found by what their configs name', () => {
  it.each<[string, string, PolicyReportQuery]>([
    [
      'who shares a limit',
      '[{ policy: rate-limit, config: { limit: 1, window: 1s, by: context.claims.office } }]',
      { attribute: 'claims.office' },
    ],
    [
      'what a call costs',
      '[{ policy: quota, config: { limit: 9, per: day, cost: context.claims.weight } }]',
      { attribute: 'claims.weight' },
    ],
    [
      'a claim that a field holds',
      '[{ policy: headers, config: { request: { set: { X-Office: "{claim/office}" } } } }]',
      { attribute: 'claims.office' },
    ],
    [
      'a claim that backends are told',
      '[{ policy: identity-headers, config: { fields: { X-Office: /office } } }]',
      { attribute: 'claims.office' },
    ],
    [
      'a claim that a token must have',
      '[{ policy: jwt, config: { assertions: [{ claim: /office, present: true }] } }]',
      { attribute: 'claims.office' },
    ],
    ['a risk', '[{ policy: risk }]', { attribute: 'risk' }],
    ['a role', '[{ policy: role, config: { anyOf: [clerk] } }]', { role: 'clerk' }],
  ])('%s', async (_, text, query) => {
    const id = /policy: ([a-z-]+)/.exec(text)?.[1]
    expect(names(await report(attached(text), query))).toEqual([`${id} from environment production`])
    const other = Object.fromEntries(Object.keys(query).map((key) => [key, 'something.else']))
    expect(names(await report(attached(text), other))).toEqual([])
  })
})

describe('the policies that are listed', () => {
  const rules = office(`
@id("all") permit (principal, action, resource);
@id("abroad") forbid (principal, action, resource) unless { context.claims.country == "DE" };
@id("patients") forbid (principal, action, resource)
  when { context.dataClasses.contains("healthcare") && !(principal in Role::"doctor") };
@id("cards") forbid (principal, action, resource)
  when { context.dataClasses.contains("cards") && context.claims.country == "US" };
@id("stock") permit (principal in Group::"stock", action == Action::"listItems", resource)
  when { context.claims.country == "FR" };
`)

  it('are all that touch healthcare data of foreign employees, where that is asked', async () => {
    const found = await report(rules, { attribute: 'country', dataClass: 'healthcare' })
    expect(names(found)).toEqual(['office/abroad'])
    expect(found.policies[0]).toMatchObject({
      kind: 'cedar',
      effect: 'forbid',
      attributes: ['context.claims.country'],
      apis: ['warehouse/v1'],
      operations: 2,
    })
  })

  it.each([
    [{ attribute: 'context.claims' }, ['office/abroad', 'office/cards', 'office/stock']],
    [{ role: 'doctor' }, ['office/patients']],
    [{ group: 'stock' }, ['office/stock']],
    [{ scope: 'order_item' }, ['order_item of warehouse/v1']],
    [{ dataClass: 'cards' }, ['office/cards']],
    [{ operation: 'listItems', attribute: 'country' }, ['office/abroad', 'office/stock']],
    [{ api: 'elsewhere' }, []],
    [
      { operation: 'orderItem' },
      ['office/all', 'office/abroad', 'office/patients', 'order_item of warehouse/v1'],
    ],
  ])('are those that mention %j', async (query, expected) => {
    expect(names(await report(rules, query))).toEqual(expected)
  })

  it('are attachments too, by what their conditions and their configs mention', async () => {
    const bundle = attached(
      '[{ policy: rate-limit, when: \'context.claims.tier == "free" && context.method == "GET"\', config: { limit: 1, window: 1m } }, { policy: role, mode: observe, config: { anyOf: [clerk] } }]',
    )
    const site = await openTestSite()
    sites.push(site)
    await site.controlPlane.apply(bundle, { actor: 'test' })
    const ask = (query: PolicyReportQuery) => site.controlPlane.reportPolicies('hmart', 'production', query)
    expect((await ask({ attribute: 'tier' })).policies).toMatchObject([
      {
        kind: 'attachment',
        name: 'rate-limit from environment production',
        mode: 'enforce',
        when: 'context.claims.tier == "free" && context.method == "GET"',
        operations: 1,
      },
    ])
    expect((await ask({ role: 'clerk' })).policies).toMatchObject([
      { name: 'role from environment production', mode: 'observe', operations: 2 },
    ])
  })
})

describe('an operation that nobody can call is told with the reason', () => {
  it('where no subscription grants what it demands', async () => {
    expect(reasons(await report(WAREHOUSE))).toEqual([
      'orderItem: subscription: no subscription grants order_item',
    ])
    expect(reasons(await report(CLINIC))).toEqual([])
  })

  it.each([
    [
      'permit (principal, action == Action::"listItems", resource);',
      'no policy of the policy sets permits it',
    ],
    [
      'permit (principal, action, resource); @id("never") forbid (principal, action, resource) when { context.dataClasses.contains("healthcare") };',
      'all that is permitted is forbidden by office/never',
    ],
    [
      'permit (principal, action, resource) when { context.method == "GET" };',
      'no policy of the policy sets permits it',
    ],
  ])('where the policy sets say %s', async (text, reason) => {
    expect(reasons(await report(office(text)))).toEqual([`orderItem: authorize: ${reason}`])
  })

  it('where roles are demanded and forbidden', async () => {
    const bundle = attached(
      '[{ policy: role, config: { allOf: [clerk] } }, { policy: role, config: { noneOf: [clerk] } }]',
    )
    expect(reasons(await report(bundle))).toEqual([
      'listItems: role: the role "clerk" is demanded and forbidden',
      'orderItem: role: the role "clerk" is demanded and forbidden',
    ])
  })

  it('where an expression forbids the scope that the contract demands', async () => {
    const bundle = attached('[{ policy: scope, config: { require: "not order_item" } }]')
    expect(reasons(await report(bundle))).toEqual([
      'orderItem: scope: "not order_item" forbids scopes that the contract demands',
    ])
  })

  it('where nothing that runs can tell who calls', async () => {
    expect(reasons(await report(attached('[{ policy: jwt, mode: off }]')))).toEqual([
      'listItems: scope: no policy that runs here can establish "login"',
      'orderItem: scope: no policy that runs here can establish "login"',
    ])
  })

  it('and is not told where the policy only observes, or runs for some calls alone', async () => {
    const text = 'permit (principal, action == Action::"listItems", resource);'
    expect(reasons(await report(attached('[{ policy: authorize, mode: observe }]', office(text))))).toEqual(
      [],
    )
    const some =
      '[{ policy: role, config: { allOf: [a] } }, { policy: role, when: \'context.method == "GET"\', config: { noneOf: [a] } }]'
    expect(reasons(await report(attached(some)))).toEqual([])
  })
})

describe('policies that are asked together', () => {
  const text = `
@id("day") permit (principal, action, resource) when { context.method == "GET" };
@id("again") permit (principal, action, resource) when { context.method == "GET" };
@id("list") permit (principal, action == Action::"listItems", resource) when { context.method == "GET" };
@id("closed") forbid (principal, action == Action::"listItems", resource);
@id("ghost") permit (principal, action, resource) when { context.method == "GET" && context.method == "PUT" };`

  it('are told where they contradict, repeat or hide each other', async () => {
    const found = await report(office(text))
    expect(found.contradictions).toEqual([
      { permit: 'office/list', forbid: 'office/closed', how: 'always' },
      { permit: 'office/day', forbid: 'office/closed', how: 'may' },
      { permit: 'office/again', forbid: 'office/closed', how: 'may' },
    ])
    expect(found.duplicates).toEqual([{ policy: 'office/again', of: 'office/day' }])
    expect(found.shadowed).toEqual([{ policy: 'office/list', by: 'office/day' }])
    expect(found.impossible).toEqual(['office/ghost'])
  })

  it('are told of as far as one of them is asked for', async () => {
    const found = await report(office(text), { operation: 'orderItem' })
    expect(found.impossible).toEqual([])
    expect(found.contradictions).toEqual([])
  })
})
