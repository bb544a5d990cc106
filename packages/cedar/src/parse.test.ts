import { describe, expect, it } from 'vitest'
import {
  checkSchema,
  parseCondition,
  parsePolicies,
  parseSchema,
  validateCondition,
  validatePolicies,
} from './parse.ts'

const schema = `entity User { age: Long, "home town"?: String };
entity Api;
action list, drop appliesTo { principal: User, resource: Api, context: { hour: Long, "é"?: String } };`

describe('parsing policies', () => {
  it('names them by @id, or by their place', () => {
    const parsed = parsePolicies(`// the first; "of all
permit(principal, action, resource);
@id("named") @note(";") forbid(principal, action, resource) when { "; // no end" == "\\";" };

  permit(principal == ?principal, action, resource); // a template
`)
    expect(parsed).toMatchObject({
      ok: true,
      value: [
        { id: 'policy0', template: false, line: 2 },
        { id: 'named', template: false, line: 3, policy: { effect: 'forbid', annotations: { note: ';' } } },
        { id: 'policy2', template: true, line: 5 },
      ],
    })
  })

  it('refuses two with one id, and says where the other is', () => {
    const twice = '@id("a") permit(principal, action, resource);\n'
    expect(parsePolicies(`${twice}\n${twice}`)).toMatchObject({
      ok: false,
      problems: [{ message: 'the id "a" is taken by the policy in line 1', line: 3 }],
    })
  })

  it('tells every error with line and column, in characters', () => {
    const text =
      '// 😀é\npermit(principal, action, resource) when { "😀" == context. };\n\npermit(principal, action);'
    expect(parsePolicies(text)).toMatchObject({
      ok: false,
      problems: [{ severity: 'error', line: 2, column: 60 }],
    })
    expect(
      parsePolicies('permit(principal, action, resource) when { 9223372036854775808 == 1 };'),
    ).toMatchObject({
      ok: false,
      problems: [{ help: 'maximum allowed integer literal is `9223372036854775807`', line: 1, column: 44 }],
    })
  })

  it('keeps whole numbers that JavaScript would round, and only these apart', () => {
    const body = (text: string) => {
      const parsed = parseCondition(text)
      return parsed.ok ? parsed.value : parsed.problems
    }
    expect(body('9007199254740991 == -9223372036854775808')).toEqual({
      '==': { left: { Value: 9007199254740991 }, right: { Long: '-9223372036854775808' } },
    })
    expect(body('9007199254740993 == "9007199254740993"')).toEqual({
      '==': { left: { Long: '9007199254740993' }, right: { Value: '9007199254740993' } },
    })
    expect(body('00000000000000000000007 == 9223372036854775807')).toEqual({
      '==': { left: { Value: 7 }, right: { Long: '9223372036854775807' } },
    })
  })
})

describe('validating', () => {
  it('tells what a schema does not have, with its place and what was meant', () => {
    const text = `permit(principal, action, resource) when { principal.age > 3 };
// é
permit(principal, action == Action::"lst", resource);
permit(principal, action, resource) when { principal.agee > 3 };`
    const problems = validatePolicies(text, schema).filter((one) => one.severity === 'error')
    expect(problems).toMatchObject([
      {
        message: 'unrecognized action `Action::"lst"`',
        help: 'did you mean `Action::"list"`?',
        line: 3,
        column: 29,
      },
      { help: 'did you mean `age`?', line: 4, column: 44 },
    ])
  })

  it('tells what may be missing and is not asked for', () => {
    const [problem] = validatePolicies(
      'permit(principal, action, resource) when { principal["home town"] == "Chur" };',
      schema,
    )
    expect(problem).toMatchObject({ severity: 'error', line: 1 })
    expect(
      validatePolicies(
        'permit(principal, action, resource) when { principal has "home town" && principal["home town"] == "Chur" };',
        schema,
      ),
    ).toEqual([])
  })

  it('warns of policies that never hold', () => {
    expect(validatePolicies('permit(principal is Api, action, resource);', schema)).toMatchObject([
      { severity: 'warning' },
      { severity: 'warning' },
    ])
  })

  it('holds conditions to a schema too', () => {
    expect(validateCondition('context.hour < 8', schema)).toEqual([])
    expect(validateCondition('context.hour < "8"', schema)).toMatchObject([
      { severity: 'error', line: 1, column: 16 },
    ])
  })
})

describe('a schema', () => {
  it('that is wrong is told with its place', () => {
    expect(checkSchema(schema)).toEqual([])
    expect(checkSchema('entity User {\n  age: Log };')).toMatchObject([{ line: 2, column: 8 }])
    expect(checkSchema('entity')).not.toEqual([])
  })

  it('can be had as JSON', () => {
    expect(parseSchema(schema)).toMatchObject({ ok: true, value: { '': { entityTypes: { Api: {} } } } })
  })
})
