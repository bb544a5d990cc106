import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { standingContract } from './contract.ts'
import { standing } from './policy.ts'

const policy = anyPolicy(standing)

describe('standing', () => {
  it('says which replies are watched', async () => {
    const some = await tryPolicy(policy, { config: { types: ['text/csv'] } }, testExchange())
    expect(some.x.standing).toEqual({ all: false, types: ['text/csv'] })
    const every = await tryPolicy(policy, { config: { all: true } }, testExchange())
    expect(every.x.standing).toEqual({ all: true, types: [] })
  })

  it('says nothing where it only observes', async () => {
    const { x } = await tryPolicy(policy, { mode: 'observe', config: { all: true } }, testExchange())
    expect(x.standing).toBeUndefined()
  })

  it.each([
    {},
    { all: false },
    { types: [] },
    { types: ['Text/CSV'] },
    { types: ['text/csv;a=b'] },
    { types: ['csv'] },
  ])('is not published with %j', (config) => {
    expect(standingContract.config.safeParse(config).success).toBe(false)
  })

  it('is not published with both', () => {
    expect(standingContract.config.safeParse({ all: true, types: ['text/csv'] }).success).toBe(false)
  })
})
