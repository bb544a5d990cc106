import { describe, expect, it } from 'vitest'
import { compilePolicies, type Decision } from './compile-policies.ts'
import { entitiesOfJson, recordOfJson } from './json.ts'
import { parsePolicies } from './parse.ts'
import { EntityRef } from './value.ts'

const entities = entitiesOfJson([
  { uid: { type: 'User', id: 'ada' }, attrs: { age: 36 }, parents: [{ type: 'Role', id: 'staff' }] },
  { uid: { type: 'Role', id: 'staff' }, parents: [{ type: 'Role', id: 'everybody' }] },
])

function decide(text: string, user = 'ada'): Decision {
  const parsed = parsePolicies(text)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return compilePolicies(parsed.value).isAuthorized({
    principal: new EntityRef('User', user),
    action: new EntityRef('Action', 'read'),
    resource: new EntityRef('Api', 'orders'),
    context: recordOfJson({}),
    entities,
  })
}

describe('policies', () => {
  it('deny what no permit allows', () => {
    expect(decide('permit(principal, action == Action::"write", resource);')).toEqual({
      decision: 'deny',
      reasons: [],
      errors: [],
    })
  })

  it('let a forbid override every permit, and name what decided', () => {
    const permits =
      '@id("all") permit(principal, action, resource); @id("b") permit(principal is User, action, resource);'
    expect(decide(permits)).toMatchObject({ decision: 'allow', reasons: ['all', 'b'] })
    expect(
      decide(`${permits} @id("no") forbid(principal in Role::"everybody", action, resource);`),
    ).toMatchObject({
      decision: 'deny',
      reasons: ['no'],
    })
  })

  it('leave out what fails, and tell it', () => {
    const text = `@id("fails") forbid(principal, action, resource) when { principal.color == "red" };
      @id("works") permit(principal, action, resource) unless { principal.age < 18 };`
    expect(decide(text)).toMatchObject({
      decision: 'allow',
      reasons: ['works'],
      errors: [{ policy: 'fails' }],
    })
    expect(decide(text, 'nobody')).toMatchObject({
      decision: 'deny',
      reasons: [],
      errors: [{ policy: 'fails' }, { policy: 'works' }],
    })
  })

  it('refuse a template that was not linked, and what they do not know', () => {
    expect(() => decide('permit(principal == ?principal, action, resource);')).toThrow('was not linked')
  })
})
