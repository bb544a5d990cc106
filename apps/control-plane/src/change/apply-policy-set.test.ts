import { revisions } from '@portcullis/model/collection'
import { afterEach, describe, expect, it } from 'vitest'
import { findingsOf, openTestSite, plus, type TestSite } from '../test-kit.ts'

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

const policySet = (policies: string, more = '') =>
  plus(
    'office.yaml',
    `kind: PolicySet
organization: hmart
name: office
spec:
  title: Who may do what
${more}  policies: |
${policies.replace(/^/gm, '    ')}
`,
  )

describe('a policy set is refused with its place and line, and nothing is published', () => {
  it.each([
    ['that is not Cedar', 'permit (principal, action, resource)\nwhen { context. == 1 };', 'line 2'],
    ['with two policies of one id', '@id("a") permit (principal, action, resource);\n'.repeat(2), 'line 2'],
    ['with a template', 'permit (principal == ?principal, action, resource);', '?principal'],
    [
      'that names an operation that is not there',
      'permit (principal, action == Action::"listItem", resource);',
      'Action::"listItem"',
    ],
    [
      'that names an API that is not there',
      'permit (principal, action, resource in Api::"warehose");',
      'Api::"warehose"',
    ],
    [
      'that names a version that is not there',
      'permit (principal, action, resource == ApiVersion::"warehouse/v2");',
      'warehouse/v2',
    ],
    ['that names a type that is not there', 'permit (principal is Person, action, resource);', 'Person'],
    [
      'that asks a word that nobody knows',
      'permit (principal, action, resource)\nwhen { context.clams has tier };',
      'context.clams',
    ],
    [
      'that asks the body',
      'permit (principal, action, resource) when { context.body.total < 9 };',
      'the body',
    ],
    [
      'that asks callers what they have not',
      'permit (principal, action, resource) when { principal.age > 9 };',
      'principal.age',
    ],
    [
      'that asks resources what they have not',
      'permit (principal, action, resource) when { resource.owner == "a" };',
      'resource.owner',
    ],
  ])('%s', async (_, policies, told) => {
    const { controlPlane, store } = await open()
    const findings = await findingsOf(controlPlane.apply(policySet(policies), by))
    expect(findings).toEqual([
      expect.objectContaining({ code: 'model.bad-policy-set', file: 'office.yaml', path: '/spec/policies' }),
    ])
    expect(findings[0]?.message).toContain(told)
    expect(await store.find(revisions, 'hmart')).toEqual([])
  })

  it('for an API or an environment that is not there', async () => {
    const { controlPlane } = await open()
    const text = 'permit (principal, action, resource);'
    const findings = await findingsOf(
      controlPlane.apply(policySet(text, '  apis: [warehose]\n  environments: [staging]\n'), by),
    )
    expect(findings.map(({ code, path }) => [code, path])).toEqual([
      ['model.unknown-reference', '/spec/environments/0'],
      ['model.unknown-reference', '/spec/apis/0'],
    ])
  })
})

describe('a policy set that is applied', () => {
  const text = `@id("reading")
permit (principal, action == Action::"listItems", resource in Api::"warehouse")
when { resource.classification == "internal" && context.method == "GET" && 9007199254740993 > 1 };`

  it('is in the revision, parsed', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(policySet(text), by)
    const { revision } = await controlPlane.revision('hmart', 'production')
    expect(revision.policySets).toMatchObject([
      { policySet: 'office', policies: [{ id: 'reading', policy: { effect: 'permit' } }] },
    ])
    expect(JSON.stringify(revision.policySets)).toContain('{"Long":"9007199254740993"}')
  })

  it('is left out where it holds for nothing that is served', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(
      { ...policySet(text, '  environments: [sandbox]\n'), 'sandbox.yaml': SANDBOX },
      by,
    )
    expect((await controlPlane.revision('hmart', 'production')).revision.policySets).toEqual([])
    expect((await controlPlane.revision('hmart', 'sandbox')).revision.policySets).toHaveLength(1)
  })
})

const SANDBOX = `kind: Environment
organization: hmart
name: sandbox
spec:
  title: Sandbox
  url: https://sandbox.hmart.example
  hosts: [sandbox.hmart.example]
`
