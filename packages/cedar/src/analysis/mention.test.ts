import { expect, it } from 'vitest'
import { parsePolicies } from '../parse.ts'
import { mentionsOf } from './mention.ts'

it('everything that a policy names is found, wherever it stands', () => {
  const parsed =
    parsePolicies(`permit(principal in Role::"clerk", action in [Action::"list"], resource is Api)
    when { principal.roles.contains("nurse") && (context has body.patient || context.claims["tenant id"] == "acme") }
    unless { if resource.getTag("owner") like "a*" then 9 < principal.level else [User::"ada", principal.boss].contains({ a: context.hour }) };`)
  if (!parsed.ok || parsed.value[0] === undefined) throw new Error('not parsed')
  expect(mentionsOf(parsed.value[0].policy)).toEqual({
    attributes: [
      'context.body.patient',
      'context.claims',
      'context.claims.tenant id',
      'context.hour',
      'principal.boss',
      'principal.level',
      'principal.roles',
      'resource.tags.owner',
    ],
    entities: [
      { type: 'Action', id: 'list' },
      { type: 'Role', id: 'clerk' },
      { type: 'User', id: 'ada' },
    ],
    types: ['Action', 'Api', 'Role', 'User'],
    values: [
      { attribute: 'context.claims.tenant id', value: 'acme' },
      { attribute: 'principal.level', value: '9' },
      { attribute: 'principal.roles', value: 'nurse' },
    ],
  })
})
