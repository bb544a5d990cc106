import { revisions } from '@portcullis/model/collection'
import { afterEach, describe, expect, it } from 'vitest'
import { findingsOf, openTestSite, plus, resource, type TestSite } from '../test-kit.ts'

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

describe('a policy set whose policies are in a file', () => {
  const declared = (file: string) =>
    resource('PolicySet', 'office', `{ title: Office, policies: { file: ${file} } }`)
  const inFile = (text: string) => ({
    ...plus('rules/office.yaml', declared('cedar/kinds.cedar')),
    'rules/cedar/kinds.cedar': text,
  })
  const text =
    '// all kinds of rules\n@id("reading")\npermit (principal, action == Action::"listItems", resource);\n'

  it('is published, exported as it was written, and applied again without a change', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(inFile(text), by)
    const { revision } = await controlPlane.revision('hmart', 'production')
    expect(revision.policySets).toMatchObject([{ policySet: 'office', policies: [{ id: 'reading' }] }])
    const exported = await controlPlane.exportFiles('hmart')
    expect(exported['hmart/policyset/office/kinds.cedar']).toBe(text)
    expect(exported['hmart/policyset/office.yaml']).toBe(`kind: PolicySet
organization: hmart
name: office
spec:
  title: Office
  policies:
    file: office/kinds.cedar
`)
    expect((await controlPlane.diff(exported, { prune: true })).changes).toEqual([])
    const { controlPlane: other } = await open()
    await other.apply(exported, by)
    expect(await other.exportFiles('hmart')).toEqual(exported)
  })

  it('can be changed by itself, with its text or a new file or neither', async () => {
    const { controlPlane } = await open()
    await controlPlane.apply(inFile(text), by)
    const name = { kind: 'PolicySet', organization: 'hmart', name: 'office' } as const
    const { value } = await controlPlane.resources.get(name)
    expect((await controlPlane.resources.put({ ...name, spec: value.spec }, by)).changes).toEqual([])
    const spec = { title: 'Offices', policies: { file: 'office/kinds.cedar' } }
    await controlPlane.resources.put({ ...name, spec }, by)
    const files = async () => await controlPlane.exportFiles('hmart')
    expect((await files())['hmart/policyset/office/kinds.cedar']).toBe(text)
    const changedText = text.replace('reading', 'looking')
    await controlPlane.resources.put(
      { ...name, spec },
      { ...by, files: { 'hmart/policyset/office/kinds.cedar': changedText } },
    )
    expect((await files())['hmart/policyset/office/kinds.cedar']).toBe(changedText)
  })

  it('is refused at the place in the file', async () => {
    const { controlPlane } = await open()
    const refusals = async (cedar: string) =>
      (await findingsOf(controlPlane.apply(inFile(cedar), by))).map(({ code, file, line, column }) => {
        return { code, file, line, column }
      })
    const place = { code: 'model.bad-policy-set', file: 'rules/cedar/kinds.cedar' }
    expect(await refusals('permit (principal, action, resource)\n  when { context. == 1 };')).toEqual([
      { ...place, line: 2, column: expect.any(Number) },
    ])
    expect(await refusals(`${text}\nforbid (principal is Person, action, resource);`)).toEqual([
      { ...place, line: 5, column: 1 },
    ])
  })

  it('is refused where there is no such file, where it is empty, or where nothing names it', async () => {
    const { controlPlane } = await open()
    const codes = async (bundle: Parameters<typeof controlPlane.apply>[0]) =>
      (await findingsOf(controlPlane.apply(bundle, by))).map(({ code, file, path }) => [code, file, path])
    expect(await codes(plus('office.yaml', declared('rules.cedar')))).toEqual([
      ['bundle.no-text-file', 'office.yaml', '/spec/policies/file'],
    ])
    expect(await codes(plus('office.yaml', declared('../rules.cedar')))).toEqual([
      ['bundle.no-text-file', 'office.yaml', '/spec/policies/file'],
    ])
    expect((await codes(inFile('')))[0]?.[0]).toBe('bundle.bad-declaration')
    expect(await codes(plus('rules.cedar', text))).toEqual([['bundle.unused-file', 'rules.cedar', undefined]])
  })
})

describe('a policy set that mixes types up is applied, and the slip is told', () => {
  const warningsOf = async (text: string) => {
    const { controlPlane } = await open()
    const { warnings } = await controlPlane.apply(policySet(text), by)
    return warnings.map(({ code, message }) => [code, message] as const)
  }

  it.each([
    'permit (principal, action, resource)\nwhen { context.method == 3 };',
    'permit (principal, action, resource)\nwhen { context.address == "10.0.0.1" };',
    'permit (principal, action == Action::"listItems", resource)\nwhen { context.zone["Europe/Berlin"].hour == "8" };',
    'permit (principal, action, resource)\nwhen { context.headers["x-region"] < 4 };',
    'permit (principal, action, resource)\nwhen { resource.deprecated == "yes" };',
  ])('%s', async (text) => {
    expect(await warningsOf(text)).toEqual([['warning.type-slip', expect.stringContaining('(line 2')]])
  })

  it('and not where types are right, may be missing, or are known to nobody', async () => {
    const text = `permit (principal, action == Action::"listItems", resource in Api::"warehouse")
      when { principal in Role::"clerk" || principal.app == "robot" || context.scopes.contains("list_items") }
      unless { context has country && context.country == "US" }
      when { context.address.isInRange(ip("10.0.0.0/8")) && context.time < datetime("2099-01-01") };
    permit (principal is User, action, resource) when { context.claims.level > 3 || context.claims.level == "high" };
    forbid (principal == Anonymous::"anonymous", action, resource) when { context.body.total > 9 };`
    expect(await warningsOf(text)).toEqual([])
  })
})
