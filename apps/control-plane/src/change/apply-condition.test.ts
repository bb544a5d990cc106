import { revisions } from '@portcullis/model/collection'
import type { Finding } from '@portcullis/model/finding/finding'
import { afterEach, describe, expect, it } from 'vitest'
import { changed, findingsOf, openTestSite, type TestSite } from '../test-kit.ts'

const sites: TestSite[] = []

async function open(): Promise<TestSite> {
  const site = await openTestSite()
  sites.push(site)
  return site
}

afterEach(async () => {
  await Promise.all(sites.splice(0).map((site) => site.controlPlane.close()))
})

const by = { actor: 'test' }
const withPolicies = (policies: string) =>
  changed('hmart.yaml', '  hosts:', `  policies: ${policies}\n  hosts:`)

const isError = ({ severity }: Finding) => severity === 'error'

describe('a condition is refused with its place, and nothing is published', () => {
  it.each([
    ['that is not Cedar', 'context.method == "GET" +', 'unexpected token'],
    ['that no gateway would compile', `1${'+1'.repeat(900)} == 901`, 'deep'],
    ['that is more than one expression', 'true } unless { false', 'expected one expression'],
    ['about what is known only later', 'context.plan == "gold"', 'only after the phase subscribe'],
    ['about what nobody knows', 'context.clams.tier == "free"', 'there is no context.clams'],
    [
      'about a time zone that does not exist',
      'context.zone["Mars/Olympus"].hour < 8',
      'no time zone "Mars/Olympus"',
    ],
    ['that is nested without end', `${'('.repeat(1000)}true${')'.repeat(1000)}`, 'nested deeper'],
    ['with a chain of negations', `${'!'.repeat(2000)}true`, ''],
  ])('%s', async (_, when, told) => {
    const { controlPlane, store } = await open()
    const findings = await findingsOf(
      controlPlane.apply(withPolicies(`[{ policy: jwt, when: ${JSON.stringify(when)} }]`), by),
    )
    const found = findings.filter(isError)
    expect(found).toEqual([
      expect.objectContaining({
        code: 'model.bad-condition',
        file: 'hmart.yaml',
        line: 12,
        path: '/spec/policies/0/when',
      }),
    ])
    expect(found[0]?.message).toContain(told)
    expect(await store.find(revisions, 'hmart')).toEqual([])
  })
})

it.each([
  ['context.method == 5', 1],
  ['context.method', 1],
  ['context.address.isInRange("192.0.2.0/24")', 1],
  ['context.risk >= 50 && context.country == "DE"', 0],
  // What a claim holds is known to nobody.
  ['context.claims.tier == 5', 0],
])('a condition that mixes types up is published and warned of: %s', async (when, slips) => {
  const { controlPlane } = await open()
  const { warnings } = await controlPlane.apply(
    withPolicies(`[{ policy: rate-limit, when: '${when}', config: { limit: 1, window: 1s } }]`),
    by,
  )
  const told = warnings.filter(({ code }) => code === 'warning.type-slip')
  expect(told.map(({ path }) => path)).toEqual(Array(slips).fill('/spec/policies/0/when'))
})

it('an expression in the config of a policy is refused with its place, as a condition is', async () => {
  const { controlPlane, store } = await open()
  for (const [by, told] of [
    ['context.claims.office ==', 'unexpected'],
    ['context.clams.office', 'there is no context.clams'],
    ['offce', ''],
  ] as const) {
    const policies = `[{ policy: rate-limit, config: { limit: 1, window: 1h, by: ${JSON.stringify(by)} } }]`
    const findings = await findingsOf(controlPlane.apply(withPolicies(policies), { actor: 'test' }))
    const found = findings.filter(isError)
    expect(found).toEqual([
      expect.objectContaining({
        code: 'model.bad-condition',
        path: '/spec/policies/0/config/by',
        message: expect.stringContaining(told),
      }),
    ])
  }
  expect(await store.find(revisions, 'hmart')).toEqual([])
})

it('a revision carries the expressions in the configs of its policies', async () => {
  const { controlPlane } = await open()
  const by = 'context.claims.office'
  await controlPlane.apply(
    withPolicies(`[{ policy: rate-limit, config: { limit: 1, window: 1h, by: ${by} } }]`),
    {
      actor: 'test',
    },
  )
  const { revision } = await controlPlane.revision('hmart', 'production')
  expect(revision.policies[0]?.expressions).toEqual([
    { text: by, expression: expect.objectContaining({ '.': expect.anything() }) },
  ])
})

it('a condition may be as long as its text may be', async () => {
  const { controlPlane } = await open()
  for (const when of [
    `context.parameters${'.a'.repeat(400)} == 1`,
    `true${' && true'.repeat(250)}`,
    `1${'+1'.repeat(400)} == 401`,
    `if ${'true then true else if '.repeat(78)} true then true else true`,
  ]) {
    const policies = `[{ policy: jwt, when: ${JSON.stringify(when)} }]`
    expect((await controlPlane.validate(withPolicies(policies))).filter(isError)).toEqual([])
  }
})

describe('of a policy of which the nearest attachment counts', () => {
  it('several stand on one level as long as those before have conditions', async () => {
    const { controlPlane } = await open()
    const get = `{ policy: jwt, when: 'context.method == "GET"' }`
    await controlPlane.apply(withPolicies(`[${get}, ${get}, { policy: jwt }]`), by)
    const findings = await findingsOf(
      controlPlane.apply(withPolicies(`[${get}, { policy: jwt }, ${get}]`), by),
    )
    expect(findings.find(isError)).toMatchObject({
      code: 'model.duplicate-policy',
      path: '/spec/policies/2/policy',
    })
  })
})

describe('a gateway group that a deployment names', () => {
  it('must be declared, unless it is the default', async () => {
    const { controlPlane } = await open()
    const named = (group: string) =>
      changed('warehouse/api.yaml', 'upstream: ', `groups: [${group}], upstream: `)
    expect(await findingsOf(controlPlane.apply(named('partner'), by))).toContainEqual(
      expect.objectContaining({
        code: 'model.unknown-reference',
        file: 'warehouse/api.yaml',
        path: '/spec/versions/v1/deployments/production/groups/0',
      }),
    )
    await controlPlane.apply(named('default'), by)
    const { revision } = await controlPlane.revision('hmart', 'production')
    expect(revision.groups).toEqual([{ group: 'default', policies: [] }])
    expect(revision.apis[0]?.groups).toEqual(['default'])
  })
})
