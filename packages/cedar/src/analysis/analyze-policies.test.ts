import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePolicies } from '../compile-policies.ts'
import { sharingCases } from '../fixture/arbitrary-case.ts'
import { requestOf } from '../fixture/cedar-oracle.ts'
import { parsePolicies } from '../parse.ts'
import { EntityRef } from '../value.ts'
import { analyzePolicies, type Findings } from './analyze-policies.ts'
import { holdingOf, type Operation } from './operation.ts'

/** How much of it all: `CEDAR_EFFORT=100` looks a hundred times as long. */
const EFFORT = Number(process.env.CEDAR_EFFORT ?? 1)
const TIME_OUT_MILLIS = 30_000 * EFFORT

const list = { action: new EntityRef('Action', 'list'), resource: new EntityRef('Api', 'orders') }
const drop = { action: new EntityRef('Action', 'drop'), resource: new EntityRef('Api', 'orders') }

function analyze(text: string, operations: Operation[] = []): Findings {
  const parsed = parsePolicies(text)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return analyzePolicies(parsed.value, operations)
}

/** How a permit and a forbid with these conditions stand to each other. */
function relation(permit: string, forbid: string): string {
  const [found] = analyze(
    `permit(principal, action, resource) ${permit}; forbid(principal, action, resource) ${forbid};`,
  ).contradictions
  return found?.how ?? 'never'
}

describe('a permit and a forbid', () => {
  it('never contradict each other where their heads exclude each other', () => {
    const found = analyze(`permit(principal is User, action == Action::"list", resource);
      forbid(principal is App, action, resource); forbid(principal, action == Action::"drop", resource);`)
    expect(found.contradictions).toEqual([])
  })

  it.each([
    ['when { context.hour < 8 }', 'when { context.hour >= 8 }'],
    ['when { context.hour < 8 }', 'unless { context.hour <= 9 }'],
    ['when { context.n > 3 && context.n < 5 }', 'when { context.n != 4 }'],
    ['when { context.country == "CH" }', 'when { "LI" == context.country }'],
    [
      'when { ["CH", "LI"].contains(context.country) }',
      'unless { ["CH", "LI", "AT"].contains(context.country) }',
    ],
    ['when { principal.staff }', 'unless { principal.staff || context.hour > 3 }'],
    ['when { context.path like "/a/*" }', 'when { !(context.path like "/a/*") }'],
  ])('never contradict each other with %s and %s', (permit, forbid) => {
    expect(relation(permit, forbid)).toBe('never')
  })

  it.each([
    ['when { context.hour < 8 }', 'when { context.hour < 9 }'],
    ['when { context.hour == 7 && principal.staff }', 'when { context.hour != 9 }'],
    ['when { principal.staff }', ''],
    ['when { context.country == "CH" }', 'when { ["CH", "LI"].contains(context.country) }'],
  ])('always contradict each other with %s and %s', (permit, forbid) => {
    expect(relation(permit, forbid)).toBe('always')
  })

  it.each([
    ['when { context.hour < 8 }', 'when { context.hour > 6 }'],
    ['when { context.hour < 8 }', 'when { context.day < 8 }'],
    ['', 'when { principal.staff }'],
    ['when { context.country == "CH" }', 'when { context.country like "C*" }'],
  ])('may contradict each other with %s and %s', (permit, forbid) => {
    expect(relation(permit, forbid)).toBe('may')
  })
})

describe('policies', () => {
  it('that can never hold, are said twice or are said by others are found', () => {
    const found = analyze(`@id("a") permit(principal is User, action, resource) when { principal.age >= 18 };
      @id("b") permit(principal is User, action, resource) when { principal.age >= 18 };
      @id("c") permit(principal == User::"ada", action, resource) when { principal.age > 20 };
      @id("d") forbid(principal, action, resource) when { context.n < 1 } unless { context.n < 2 };`)
    expect(found).toMatchObject({
      impossible: ['d'],
      duplicates: [{ policy: 'b', of: 'a' }],
      shadowed: [{ policy: 'c', by: 'a' }],
    })
  })

  it('that let nobody call an operation are found', () => {
    const text = `permit(principal is User, action in [Action::"list", Action::"drop"], resource) when { principal.staff };
      forbid(principal is User, action == Action::"drop", resource == Api::"orders");`
    expect(analyze(text, [list, drop]).uncallable).toEqual([drop])
    expect(analyze('', [list]).uncallable).toEqual([list])
  })

  it(
    'are never said to exclude or to cover each other where a request shows otherwise',
    () => {
      fc.assert(
        fc.property(sharingCases, (asked) => {
          const parsed = parsePolicies(asked.policies)
          if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
          const holding = new Set(
            parsed.value
              .filter((one) => compilePolicies([one]).isAuthorized(requestOf(asked)).reasons.length > 0)
              .map((one) => one.id),
          )
          const found = analyzePolicies(parsed.value)
          for (const id of found.impossible) expect(holding).not.toContain(id)
          for (const { policy, by } of found.shadowed) if (holding.has(policy)) expect(holding).toContain(by)
          const pairs = new Map(found.contradictions.map((one) => [`${one.permit} ${one.forbid}`, one.how]))
          const effects = new Map(parsed.value.map((one) => [one.id, one.policy.effect]))
          for (const permit of holding) {
            if (effects.get(permit) !== 'permit') continue
            for (const forbid of effects.keys()) {
              if (effects.get(forbid) !== 'forbid') continue
              const how = pairs.get(`${permit} ${forbid}`) ?? 'never'
              if (how !== 'may') expect(holding.has(forbid)).toBe(how === 'always')
            }
          }
        }),
        { numRuns: 30 * EFFORT },
      )
    },
    TIME_OUT_MILLIS,
  )
})

describe('what is known of every request of an operation', () => {
  const known = new Map([
    ['resource.classification', { Value: 'restricted' }],
    ['context.dataClasses', { Set: [{ Value: 'healthcare' }] }],
  ])
  const treat = { ...list, known }

  it.each([
    ['permit(principal, action, resource) when { resource.classification == "public" };', [treat]],
    ['permit(principal, action, resource) when { resource.classification == "restricted" };', []],
    ['permit(principal, action, resource) unless { context.dataClasses.contains("healthcare") };', [treat]],
    ['permit(principal, action, resource) unless { context.dataClasses.contains("payment") };', []],
    ['permit(principal, action, resource) unless { context has dataClasses };', [treat]],
    [
      'permit(principal, action, resource); forbid(principal, action, resource) when { context.dataClasses.containsAny(["payment", "healthcare"]) };',
      [treat],
    ],
    [
      'permit(principal, action, resource); forbid(principal, action, resource) when { context.dataClasses == ["payment"] };',
      [],
    ],
  ])('decides whether anybody can call with %s', (text, uncallable) => {
    expect(analyze(text, [treat]).uncallable).toEqual(uncallable)
  })

  it('tells for which operations a policy may hold', () => {
    const parsed = parsePolicies(
      'forbid(principal, action == Action::"list", resource) when { resource.classification == "restricted" };',
    )
    if (!parsed.ok) throw new Error('it was parsed')
    const [{ policy } = { policy: undefined }] = parsed.value
    if (policy === undefined) throw new Error('it is there')
    const mayHold = holdingOf(policy)
    expect(mayHold(treat)).toBe(true)
    expect(mayHold({ ...drop, known })).toBe(false)
    expect(mayHold({ ...list, known: new Map([['resource.classification', { Value: 'public' }]]) })).toBe(
      false,
    )
  })
})
