import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { principalOf } from '@portcullis/policy-kit/test-principal'
import { describe, expect, it } from 'vitest'
import { roleContract } from './contract.ts'
import { role } from './policy.ts'

const policy = anyPolicy(role)

type Config = { anyOf?: string[]; allOf?: string[]; noneOf?: string[]; groups?: boolean }

const call = (roles: string[], groups: string[], config: Config) =>
  tryPolicy(
    policy,
    { config },
    testExchange({ principal: principalOf({ roles: new Set(roles), groups: new Set(groups) }) }),
  )

/** Roles, groups, what is asked, outcome. */
const truth: [string[], string[], Config, string | undefined][] = [
  [['admin'], [], { anyOf: ['admin', 'staff'] }, undefined],
  [['staff'], [], { anyOf: ['admin', 'staff'] }, undefined],
  [['guest'], [], { anyOf: ['admin', 'staff'] }, 'role.missing'],
  [[], [], { anyOf: ['admin'] }, 'role.missing'],
  [['admin', 'fido'], [], { allOf: ['admin', 'fido'] }, undefined],
  [['admin'], [], { allOf: ['admin', 'fido'] }, 'role.missing'],
  [['admin'], [], { noneOf: ['quarantined'] }, undefined],
  [['admin', 'quarantined'], [], { noneOf: ['quarantined'] }, 'role.forbidden'],
  [['admin', 'quarantined'], [], { anyOf: ['admin'], noneOf: ['quarantined'] }, 'role.forbidden'],
  [['quarantined'], [], { allOf: ['admin'], noneOf: ['quarantined'] }, 'role.forbidden'],
  [['a', 'b'], [], { anyOf: ['a'], allOf: ['c'] }, 'role.missing'],
  [['Admin'], [], { anyOf: ['admin'] }, 'role.missing'],
  [[], ['admin'], { anyOf: ['admin'] }, 'role.missing'],
  [[], ['admin'], { anyOf: ['admin'], groups: true }, undefined],
  [['admin'], ['quarantined'], { anyOf: ['admin'], noneOf: ['quarantined'], groups: true }, 'role.forbidden'],
]

describe('role', () => {
  it.each(truth)('with roles %j and groups %j and %j: %s', async (roles, groups, config, expected) => {
    const { ending, reply } = await call(roles, groups, config)
    expect(ending?.verdict === 'refuse' ? ending.fault.code : undefined).toBe(expected)
    if (expected !== undefined) expect(reply.status).toBe(403)
  })

  it('refuses whoever is not known, also where roles are only forbidden', async () => {
    const { ending } = await tryPolicy(policy, { config: { noneOf: ['quarantined'] } }, testExchange())
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'role.unknown' } })
  })

  it('takes an issuer that tells of no roles for one that gives none', async () => {
    const { ending } = await tryPolicy(
      policy,
      { config: { anyOf: ['admin'] } },
      testExchange({ principal: principalOf() }),
    )
    expect(ending).toMatchObject({ fault: { code: 'role.missing' } })
  })

  it('records what was missing or forbidden, and no other role of the caller', async () => {
    const missing = await call(['clerk'], [], { allOf: ['admin', 'fido', 'clerk'] })
    expect(missing.x.trace[0]?.saw).toEqual({ missing: 'admin fido' })
    const forbidden = await call(['quarantined', 'clerk'], [], { noneOf: ['quarantined'] })
    expect(forbidden.x.trace[0]?.saw).toEqual({ forbidden: 'quarantined' })
  })

  it.each([{}, { groups: true }, { allOf: ['a'], noneOf: ['a'] }])('is not published with %j', (config) => {
    expect(roleContract.config.safeParse(config).success).toBe(false)
  })
})
