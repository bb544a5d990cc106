import { describe, expect, test } from 'vitest'
import { conditionOf } from '../condition-test-kit.ts'
import type { Phase } from '../phase.ts'
import { asksBody, objectionsToCondition } from './check-condition.ts'

function objections(text: string, phase: Phase = 'limit'): string[] {
  return objectionsToCondition(conditionOf(text).expression, phase)
}

describe('a condition is refused', () => {
  test.each(['context.clams.tier == "a"', 'context has clams', 'true || !(context.clams.a.b == 1)'])(
    'for a word that nobody knows: %s',
    (text) => {
      expect(objections(text)).toEqual([expect.stringContaining('there is no context.clams; there are ')])
    },
  )

  test('for a word that is known only later', () => {
    expect(objections('context.plan == "gold"', 'authorize')).toEqual([
      'context.plan is known only after the phase subscribe, and this runs in authorize',
    ])
    expect(objections('context has app', 'authenticate')).toHaveLength(1)
    expect(objections('context has app', 'connection')).toHaveLength(1)
    expect(objections('context has app && context has plan', 'limit')).toEqual([])
  })

  test('for the body, before it is known who calls', () => {
    expect(objections('context.body.amount > 3', 'authenticate')).toHaveLength(1)
    expect(objections('context.body.amount > 3', 'authorize')).toEqual([])
  })

  test('for a time zone that does not exist', () => {
    expect(objections('context.zone["Europe/Berlyn"].hour < 8')).toEqual([
      'there is no time zone "Europe/Berlyn"',
    ])
    expect(objections('context.zone["Europe/Berlin"].hour < 8')).toEqual([])
  })

  test('and not for the attributes of anything else', () => {
    expect(objections('principal.issuer == "a" && context.claims.clams == "b" && {a: 1}.a == 1')).toEqual([])
  })
})

test.each([
  ['context.body.amount > 3', true],
  ['context has body', true],
  ['context.method == "GET" && !(context.body has order.items)', true],
  ['context.claims.body == "a" && principal.issuer == "body"', false],
])('whether %s asks the body: %s', (text, expected) => {
  expect(asksBody(conditionOf(text).expression)).toBe(expected)
})
