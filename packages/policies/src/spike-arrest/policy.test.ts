import type { Attachment } from '@portcullis/model/attachment'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { manualClock } from '@portcullis/ports/clock/memory'
import { awayCounters } from '@portcullis/ports/counters/away'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import { describe, expect, it } from 'vitest'
import { spikeArrestContract } from './contract.ts'
import { spikeArrest } from './policy.ts'

const policy = anyPolicy(spikeArrest)

function open(config: Attachment['config']) {
  const clock = manualClock()
  const counters = openMemoryCounters(clock)
  return { clock, call: () => tryPolicy(policy, { config }, testExchange(), { counters }) }
}

/** How many of so many calls at once pass. */
async function passing(call: () => ReturnType<typeof tryPolicy>, calls: number): Promise<number> {
  let passed = 0
  for (let i = 0; i < calls; i++) if ((await call()).ending === undefined) passed++
  return passed
}

describe('spike-arrest', () => {
  it('spreads calls evenly over the window', async () => {
    const { clock, call } = open({ limit: 5, window: '1s' })
    for (let i = 0; i < 10; i++) {
      expect(await passing(call, 3)).toBe(1)
      clock.advance(200)
    }
    clock.advance(60_000)
    expect(await passing(call, 3), 'however long nobody called').toBe(1)
  })

  it('lets together what comes in a tenth of a second, or as many as was chosen', async () => {
    expect(await passing(open({ limit: 200, window: '1s' }).call, 40)).toBe(20)
    expect(await passing(open({ limit: 200, window: '1s', burst: 3 }).call, 40)).toBe(3)
  })

  it('refuses with 429, and tells when there is room', async () => {
    const { call } = open({ limit: 1, window: '1m' })
    await call()
    const { ending, reply } = await call()
    expect(ending).toMatchObject({ fault: { code: 'spike-arrest.exceeded', status: 429 } })
    expect(reply.headers.get('retry-after')).toBe('60')
  })

  it('refuses with 503 when the counters are away', async () => {
    const ports = { counters: awayCounters() }
    const { ending } = await tryPolicy(policy, { config: { limit: 1, window: '1s' } }, testExchange(), ports)
    expect(ending).toMatchObject({ fault: { code: 'counters.unavailable' } })
  })

  it.each([
    [{ limit: 0, window: '1s' }],
    [{ limit: 5, window: '1s', burst: 6 }],
    [{ limit: 5, window: '2h' }],
    [{ limit: 5 }],
  ])('is not published with %j', (config) => {
    expect(spikeArrestContract.config.safeParse(config).success).toBe(false)
  })
})
