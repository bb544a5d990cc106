import { describe, expect, it } from 'vitest'
import { compileCondition } from './compile-condition.ts'
import { noEntities } from './entity.ts'
import { EvaluationError } from './evaluation-error.ts'
import { recordOfJson } from './json.ts'
import { parseCondition } from './parse.ts'
import type { CedarRequest } from './request.ts'
import { EntityRef } from './value.ts'

const request: CedarRequest = {
  principal: new EntityRef('User', 'ada'),
  action: new EntityRef('Action', 'read'),
  resource: new EntityRef('Api', 'orders'),
  context: recordOfJson({ amount: 12, tags: ['a', 'b'], path: '/orders/7/lines', big: 9007199254740991 }),
  entities: noEntities,
}

function answer(text: string): boolean {
  const parsed = parseCondition(text)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return compileCondition(parsed.value)(request)
}

describe('a condition', () => {
  it('is true or false', () => {
    expect(answer('principal == User::"ada" && context.amount > 10')).toBe(true)
    expect(answer('context.tags.containsAll(["a", "c"]) || context.path like "/orders/*/items"')).toBe(false)
  })

  it('that asks for what is missing has no answer', () => {
    expect(() => answer('context.color == "red"')).toThrow(EvaluationError)
    expect(() => answer('context.color == "red"')).toThrow('.color: there is no such attribute')
  })

  it('that is neither true nor false has no answer', () => {
    expect(() => answer('context.amount')).toThrow(EvaluationError)
    expect(() => answer('true && "yes"')).toThrow(EvaluationError)
  })

  it('counts exactly to the ends of 64 bits, and fails beyond', () => {
    expect(answer('context.big + 2 == 9007199254740993')).toBe(true)
    expect(answer('context.big + 2 == 9007199254740992')).toBe(false)
    expect(answer('9223372036854775806 + 1 == 9223372036854775807')).toBe(true)
    expect(answer('-9223372036854775808 < -9223372036854775807')).toBe(true)
    expect(() => answer('9223372036854775807 + context.amount == 0')).toThrow('does not fit into 64 bits')
    expect(() => answer('-9223372036854775808 * -1 == 0')).toThrow('does not fit into 64 bits')
  })

  it('is one expression and nothing after it', () => {
    for (const text of [
      'true } when { true',
      'true }; permit(principal, action, resource',
      'true, false',
      '',
    ]) {
      expect(parseCondition(text)).toMatchObject({ ok: false })
    }
    expect(parseCondition('true // and a comment')).toMatchObject({ ok: true })
  })

  it('that is wrong is told with its place', () => {
    expect(parseCondition('context.é == 1')).toMatchObject({ ok: false, problems: [{ line: 1, column: 9 }] })
    expect(parseCondition('context.a == 1 &&\n  context. == 2')).toMatchObject({
      ok: false,
      problems: [{ line: 2, column: 12 }],
    })
  })
})
