import { parseCondition } from '@portcullis/cedar/parse'
import type { TokenOutcome } from '@portcullis/model/resource/token-rules'
import type { PreparedRule, PreparedRuleSet } from '@portcullis/model/token-rules'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bindTokenRules } from './bind-token-rules.ts'
import type { CustomRules } from './custom-rules.ts'
import type { Ruling } from './ruling.ts'
import type { TokenAsked } from './token-asked.ts'

const asked: TokenAsked = {
  occasion: 'token',
  grant: 'authorization_code',
  app: 'shop',
  user: { name: 'ada', roles: ['staff'], groups: ['Head office'] },
  audience: 'https://api.example/warehouse/v1',
  api: 'warehouse',
  environments: ['production'],
  scopes: ['list', 'order', 'close'],
  appRoles: [],
  entitled: [],
  address: '192.0.2.7',
  country: 'DE',
  nowMillis: Date.parse('2026-11-23T10:00:00Z'),
}

const set = (changes: Partial<PreparedRuleSet>): PreparedRuleSet => ({
  name: 'a',
  roles: {},
  groups: {},
  rules: [],
  ...changes,
})
const when = (condition: string, outcome: TokenOutcome): PreparedRule => {
  const parsed = parseCondition(condition)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return { name: 'one', condition: parsed.value, outcome }
}
const rule = (sets: PreparedRuleSet[], changes: Partial<TokenAsked> = {}, custom?: CustomRules) =>
  bindTokenRules({ sets }, custom).rule({ ...asked, ...changes })
const now = (sets: PreparedRuleSet[], changes: Partial<TokenAsked> = {}): Ruling => {
  const ruling = rule(sets, changes)
  if (ruling instanceof Promise) throw new Error('it did not answer at once')
  return ruling
}

const scope = fc.constantFrom('list', 'order', 'close', 'other')
const scopes = fc.uniqueArray(scope, { maxLength: 4 })
const outcomes: readonly TokenOutcome[] = [
  { life: '1m' },
  { life: '5m' },
  { refuse: 'no' },
  { approval: { roles: ['owner'], count: 1 } },
  { stepUp: { maxAge: '1m' } },
]
const outcome: fc.Arbitrary<TokenOutcome> = fc.oneof(
  scopes.filter((each) => each.length > 0).map((dropScopes): TokenOutcome => ({ dropScopes })),
  fc.constantFrom(...outcomes),
)
const anySet = fc.record({
  roles: fc.dictionary(fc.constantFrom('staff', 'admin'), scopes),
  rules: fc.array(
    outcome.map((each) => ({ name: 'one', outcome: each })),
    { maxLength: 5 },
  ),
})

describe('token rules', () => {
  it('never give a scope that was not asked for, and lose none that only another set has added', () => {
    fc.assert(
      fc.property(fc.array(anySet, { maxLength: 3 }), scopes, (sets, wanted) => {
        const all = sets.map((each) => set(each))
        const ruling = now(all, { scopes: wanted })
        expect(wanted).toEqual(expect.arrayContaining([...ruling.scopes]))
        const more = now([...all, set({ rules: [{ name: 'x', outcome: { life: '9m' } }] })], {
          scopes: wanted,
        })
        expect(more.scopes).toEqual(ruling.scopes)
      }),
    )
  })

  it('refuse where one rule refuses, whatever the others say and in whatever order', () => {
    fc.assert(
      fc.property(anySet, fc.boolean(), (each, isFirst) => {
        const refusal = set({ rules: [{ name: 'no', outcome: { refuse: 'no' } }] })
        const sets = isFirst ? [refusal, set(each)] : [set(each), refusal]
        expect(now(sets).hurdle).toMatchObject({ kind: 'refused' })
      }),
    )
  })

  it('demand what is worst: a refusal before a step-up, a step-up before an approval; of lives the shortest', () => {
    const approval = { name: 'a', outcome: { approval: { roles: ['owner'], count: 2 }, life: '5m' } }
    const stepUp = { name: 's', outcome: { stepUp: { maxAge: '1m' }, life: '2m' } }
    expect(now([set({ rules: [approval] })]).hurdle).toMatchObject({
      kind: 'approval',
      withinMillis: 86_400_000,
    })
    const both = now([set({ rules: [approval, stepUp] })])
    expect(both).toMatchObject({ hurdle: { kind: 'step-up', maxAgeSeconds: 60 }, lifeSeconds: 120 })
    expect(now([set({ rules: [stepUp] })], { authTime: asked.nowMillis / 1000 - 30 }).hurdle).toBeUndefined()
  })

  it('are for their APIs alone', () => {
    const rules = [{ name: 'no', outcome: { refuse: 'no' } }]
    expect(now([set({ apis: ['billing'], rules })]).hurdle).toBeUndefined()
    expect(now([set({ apis: ['billing'], rules })], { api: undefined }).hurdle).toBeUndefined()
    expect(now([set({ apis: ['warehouse'], rules })]).hurdle).toBeDefined()
  })

  it('see who asks, for what, from where and when', () => {
    const conditions = [
      'principal == User::"ada" && principal in Role::"staff" && principal in Group::"Head office"',
      'resource in Api::"warehouse" && resource in Environment::"production"',
      'context.address.isInRange(ip("192.0.2.0/24")) && context.country == "DE"',
      'context.zone["Europe/Berlin"].hour == 11 && context.zone["Europe/Berlin"].weekday == "monday"',
      'context.scopes.containsAll(["list", "order"]) && context.app == "shop" && !(context has risk)',
    ]
    for (const each of conditions) {
      const ruling = now([set({ rules: [when(each, { refuse: 'seen' })] })])
      expect([each, ruling.hurdle]).toMatchObject([each, { why: 'seen' }])
    }
  })

  it('answer at once as long as no rule in TypeScript is asked, and each sees what those before it left', async () => {
    const seen: TokenAsked[] = []
    const custom: CustomRules = {
      ask: async (_, token) => {
        seen.push(token)
        return { outcome: { dropScopes: ['order'] } }
      },
    }
    const rules = [
      { name: 'a', outcome: { dropScopes: ['close'] } },
      { name: 'b', custom: 'b' },
      when('context.scopes.contains("order")', { refuse: 'order is there' }),
    ]
    const ruling = await rule([set({ rules })], {}, custom)
    expect(seen[0]?.scopes).toEqual(['list', 'order'])
    expect(ruling).toMatchObject({ scopes: ['list'], hurdle: undefined })
  })

  it('let what was given in advance pass, and nothing besides', () => {
    const sets = [
      set({
        roles: { admin: ['close'] },
        rules: [{ name: 'a', outcome: { approval: { roles: ['owner'], count: 1, scopes: ['order'] } } }],
      }),
    ]
    expect(now(sets)).toMatchObject({ scopes: ['list', 'order'], hurdle: { kind: 'approval' } })
    expect(now(sets, { entitled: ['order', 'close'] })).toMatchObject({
      scopes: asked.scopes,
      hurdle: undefined,
    })
    expect(now(sets, { scopes: ['list'] }).hurdle).toBeUndefined()
  })

  it('leave what depends on who asks from where until the token itself is asked for, but not what users can mend', () => {
    const early = { occasion: 'authorization' } as const
    const fromElsewhere = 'context.country != "DE"'
    const abroad = { ...early, country: 'FR' }
    const refuse = [set({ rules: [when(fromElsewhere, { refuse: 'no', dropScopes: ['list'] })] })]
    expect(now(refuse, abroad)).toMatchObject({ scopes: asked.scopes, hurdle: undefined })
    expect(now(refuse, { country: 'FR' }).hurdle?.kind).toBe('refused')
    const stepUp = [set({ rules: [when(fromElsewhere, { refuse: 'no', stepUp: { maxAge: '1m' } })] })]
    expect(now(stepUp, abroad).hurdle?.kind).toBe('step-up')
    expect(now(stepUp, { ...early, country: undefined }).hurdle).toBeUndefined()
    const always = [set({ rules: [when('context.app == "shop"', { refuse: 'no' })] })]
    expect(now(always, early).hurdle?.kind).toBe('refused')
  })

  it('count the roles of an app where it speaks for itself, and of the user where it speaks for them', () => {
    const sets = [set({ roles: { staff: ['list'] } })]
    const robot = { scopes: ['list', 'order'], appRoles: ['staff'] }
    expect(now(sets, { ...robot, user: undefined }).scopes).toEqual(['list', 'order'])
    expect(now(sets, { ...robot, user: { name: 'ada', roles: [], groups: [] } }).scopes).toEqual(['order'])
  })
})
