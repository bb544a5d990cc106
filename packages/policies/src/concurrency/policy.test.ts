import { anyPolicy } from '@portcullis/policy-kit/policy'
import { runRequestSteps } from '@portcullis/policy-kit/step/run-steps'
import { bindFor, testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { manualClock } from '@portcullis/ports/clock/memory'
import { awayCounters } from '@portcullis/ports/counters/away'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import type { Counters } from '@portcullis/ports/counters/port'
import { describe, expect, it } from 'vitest'
import { concurrencyContract } from './contract.ts'
import { concurrency } from './policy.ts'

const policy = anyPolicy(concurrency)

/** Two places in force; a call begins, and is over when `x.over()` is said. */
function open(
  counters: Counters = openMemoryCounters(manualClock()),
  mode: 'enforce' | 'observe' = 'enforce',
) {
  return async (remoteAddress = '192.0.2.1') => {
    const x = testExchange({ remoteAddress })
    const ending = await runRequestSteps(bindFor(policy, { mode, config: { limit: 2 } }, x, { counters }), x)
    return { x, ending }
  }
}

describe('concurrency', () => {
  it('lets as many calls be under way as there are places, and refuses the next with 429', async () => {
    const begin = open()
    expect((await begin()).ending).toBeUndefined()
    expect((await begin()).ending).toBeUndefined()
    const { ending, x } = await begin()
    expect(ending).toMatchObject({
      fault: { code: 'concurrency.exceeded', status: 429 },
      headers: ['Retry-After', '1'],
    })
    expect(x.trace[0]?.saw).toEqual({ limit: 2, inUse: 2 })
    expect((await begin('192.0.2.2')).ending, 'another caller').toBeUndefined()
  })

  it('gives the place back once, when the call is over', async () => {
    const begin = open()
    const { x } = await begin()
    await begin()
    x.over()
    x.over()
    expect((await begin()).ending).toBeUndefined()
    expect((await begin()).ending).toBeDefined()
  })

  it('gives nothing back for a call that had no place', async () => {
    const begin = open()
    await begin()
    await begin()
    const refused = await begin()
    refused.x.over()
    expect((await begin()).ending).toBeDefined()
  })

  it('gives places back also where it only observes, and of calls that ended before the answer came', async () => {
    const near = openMemoryCounters(manualClock())
    const slow: Counters = { ...near, hold: async (...asked) => near.hold(...asked) }
    for (const begin of [open(undefined, 'observe'), open(slow)]) {
      for (let calls = 0; calls < 5; calls++) {
        const { x } = await begin()
        expect(x.trace[0]).toMatchObject({ verdict: 'proceed', saw: { inUse: 1 } })
        x.over()
      }
    }
    const x = testExchange()
    const asked = runRequestSteps(bindFor(policy, { config: { limit: 1 } }, x, { counters: slow }), x)
    x.over()
    await asked
    const next = await tryPolicy(policy, { config: { limit: 1 } }, testExchange(), { counters: slow })
    expect(next.ending).toBeUndefined()
  })

  it('refuses with 503 when the counters are away', async () => {
    const { ending } = await open(awayCounters())()
    expect(ending).toMatchObject({ fault: { code: 'counters.unavailable' } })
  })

  it.each([[{ limit: 0 }], [{ limit: 1.5 }], [{}], [{ limit: 1, by: '' }]])(
    'is not published with %j',
    (config) => {
      expect(concurrencyContract.config.safeParse(config).success).toBe(false)
    },
  )
})
