import { idOf, tokenRules } from '@portcullis/model/collection'
import { bindTokenRules } from '@portcullis/oauth/token-rules/bind-token-rules'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findingsOf, openTestSite, plus, WAREHOUSE } from '../test-kit.ts'

const by = { actor: 'test' }

async function open() {
  const site = await openTestSite()
  onTestFinished(() => site.controlPlane.close())
  return site
}

const rules = (spec: string) =>
  plus(
    'rules.yaml',
    `kind: TokenRules
organization: hmart
name: warehouse
spec:
  title: Who gets what
${spec.replace(/^/gm, '  ')}
`,
  )

const when = (condition: string): string =>
  `rules:\n  - name: one\n    when: '${condition}'\n    outcome: { life: 1m }`

describe('token rules are refused with their place, and nothing changes', () => {
  it.each([
    ['a condition that is not Cedar', when('context. == 1'), 'line 1'],
    ['a word that nobody knows', when('context.contry == "DE"'), 'contry'],
    ['a text compared with a number', when('context.country == 5'), 'not compatible'],
    ['a text where a truth is asked for', when('context.country'), 'type'],
    ['a type that is not there', when('principal in Team::"a"'), 'Team'],
    ['an API that is not there', when('resource in Api::"warehose"'), 'Api::"warehose"'],
    ['a time zone that is not there', when('context.zone["Mars/Olympus"].hour < 5'), 'Mars/Olympus'],
    ['a sign-in that nobody knows', 'rules: [{ name: one, outcome: { stepUp: { acr: phr } } }]', 'phr'],
    [
      'two rules of one name',
      'rules: [{ name: one, outcome: { life: 1m } }, { name: one, custom: risk }]',
      'another rule "one"',
    ],
  ])('%s', async (_, spec, told) => {
    const { controlPlane, store } = await open()
    const findings = await findingsOf(controlPlane.apply(rules(spec), by))
    expect(findings.map(({ code }) => code)).toEqual(['model.bad-token-rule'])
    expect(findings[0]).toMatchObject({ file: 'rules.yaml' })
    expect(findings[0]?.message).toContain(told)
    expect(await store.get(tokenRules, 'hmart', idOf.tokenRules)).toBeUndefined()
  })

  it.each([
    ['a scope that no contract has', 'roles: { staff: [fly] }', 'model.unknown-scope'],
    ['APIs that are not there', 'apis: [moon]', 'model.unknown-reference'],
    [
      'a claim that is not theirs',
      'rules: [{ name: a, outcome: { addClaims: { sub: eve } } }]',
      'bundle.bad-declaration',
    ],
    [
      'a claim that is not theirs to drop',
      'rules: [{ name: a, outcome: { dropClaims: [cnf] } }]',
      'bundle.bad-declaration',
    ],
    ['a rule that says nothing', 'rules: [{ name: a, outcome: {} }]', 'bundle.bad-declaration'],
    [
      'a rule of two kinds',
      'rules: [{ name: a, custom: b, outcome: { life: 1m } }]',
      'bundle.bad-declaration',
    ],
  ])('%s', async (_, spec, code) => {
    const { controlPlane } = await open()
    const findings = await findingsOf(controlPlane.apply(rules(spec), by))
    expect(findings[0]?.code).toBe(code)
  })
})

it('token rules are compiled when applied, exported as they were, and gone when removed', async () => {
  const { controlPlane, store } = await open()
  const bundle = rules(
    `apis: [warehouse]\n${when('principal in Role::"staff" && context.risk < 50 && context.zone["Europe/Berlin"].hour < 18')}`,
  )
  await controlPlane.apply(bundle, by)
  const kept = await store.get(tokenRules, 'hmart', idOf.tokenRules)
  expect(kept?.value.sets).toMatchObject([
    { name: 'warehouse', apis: ['warehouse'], rules: [{ name: 'one' }] },
  ])
  expect(bindTokenRules(kept?.value ?? expect.fail()).asks).toEqual({
    risk: true,
    country: false,
    entitlements: false,
  })
  const exported = await controlPlane.exportFiles('hmart')
  expect(await controlPlane.diff(exported)).toMatchObject({ changes: [] })
  await controlPlane.apply(WAREHOUSE, { ...by, prune: true })
  expect(await store.get(tokenRules, 'hmart', idOf.tokenRules)).toBeUndefined()
})
