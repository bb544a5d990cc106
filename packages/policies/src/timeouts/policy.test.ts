import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { timeoutsContract } from './contract.ts'
import { timeouts } from './policy.ts'

const policy = anyPolicy(timeouts)

describe('timeouts', () => {
  it('tells the forwarder what it may take, and nothing of the rest', async () => {
    const { x, ending } = await tryPolicy(
      policy,
      { config: { firstByte: '2m', whole: '750ms' } },
      testExchange(),
    )
    expect(ending).toBeUndefined()
    expect(x.timeouts).toEqual({ firstByteMillis: 120_000, wholeMillis: 750 })
  })

  it('tells nothing where it only observes', async () => {
    const { x } = await tryPolicy(policy, { mode: 'observe', config: { whole: '1s' } }, testExchange())
    expect(x.timeouts).toBeUndefined()
  })

  it.each([{}, { whole: '100ms' }, { idle: '2d' }, { connect: '0s' }, { total: '5s' }, { whole: 'soon' }])(
    'is not published with %j',
    (config) => {
      expect(timeoutsContract.config.safeParse(config).success).toBe(false)
    },
  )
})
