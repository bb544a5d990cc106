import type { LightSignal } from '@portcullis/kernel/signal'
import type { Attachment } from '@portcullis/model/attachment'
import type { Exchange } from '@portcullis/policy-kit/exchange'
import { anyPolicy } from '@portcullis/policy-kit/policy'
import { runRequestSteps } from '@portcullis/policy-kit/step/run-steps'
import { bindFor, testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { awayCounters } from '@portcullis/ports/counters/away'
import { openMemoryCounters } from '@portcullis/ports/counters/memory'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { throttleContract } from './contract.ts'
import { throttle } from './policy.ts'

const policy = anyPolicy(throttle)
const tenPerSecond = { limit: 10, window: '1s', maxWaiting: 5, maxWait: '1s' }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

interface Call {
  readonly x: Exchange
  readonly leave: () => void
  /** When it went on, in milliseconds from the beginning; `refused` or `left`. */
  outcome: number | 'refused' | 'left' | undefined
}

/** A line in force: every call that begins tells what becomes of it. */
function open(config: Attachment['config'], mode: 'enforce' | 'observe' = 'enforce') {
  const counters = openMemoryCounters({ now: () => Date.now() })
  const began = Date.now()
  const steps = bindFor(policy, { mode, config }, testExchange(), { counters })
  return (): Call => {
    const x = testExchange()
    const signal = x.request.signal as LightSignal
    const call: Call = { x, leave: () => signal.abort(), outcome: undefined }
    const settle = (ending: unknown): void => {
      call.outcome = ending === undefined ? Date.now() - began : 'refused'
    }
    Promise.resolve(runRequestSteps(steps, x)).then(settle, () => {
      call.outcome = 'left'
    })
    return call
  }
}

const outcomes = (calls: readonly Call[]) => calls.map(({ outcome }) => outcome)

describe('throttle', () => {
  it('lets one call go on at each turn, in the order in which they came, and refuses those beyond the line', async () => {
    const begin = open(tenPerSecond)
    const calls = Array.from({ length: 8 }, begin)
    await vi.advanceTimersByTimeAsync(2000)
    expect(outcomes(calls)).toEqual([0, 100, 200, 300, 400, 500, 'refused', 'refused'])
    expect(calls[3]?.x.trace[0]).toMatchObject({ verdict: 'delay', saw: { waitMillis: 300 } })
    expect(calls[7]?.x.trace[0]).toMatchObject({ verdict: 'refuse', code: 'throttle.full' })
  })

  it('lets nobody wait longer than was chosen', async () => {
    const begin = open({ ...tenPerSecond, maxWaiting: 1000, maxWait: '2s' })
    const calls = Array.from({ length: 40 }, begin)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(outcomes(calls).filter((each) => each === 'refused')).toHaveLength(19)
    expect(calls[20]?.outcome).toBe(2000)
  })

  it('lets a burst go on at once after a pause', async () => {
    const begin = open({ ...tenPerSecond, burst: 3 })
    const calls = Array.from({ length: 5 }, begin)
    await vi.advanceTimersByTimeAsync(1000)
    expect(outcomes(calls)).toEqual([0, 0, 0, 100, 200])
  })

  it('lets those behind move up when a caller leaves, and records where that caller left', async () => {
    const begin = open(tenPerSecond)
    const calls = Array.from({ length: 5 }, begin)
    await vi.advanceTimersByTimeAsync(150)
    calls[2]?.leave()
    await vi.advanceTimersByTimeAsync(1000)
    expect(outcomes(calls)).toEqual([0, 100, 'left', 200, 300])
    expect(calls[2]?.x.trace).toMatchObject([{ verdict: 'delay' }])
  })

  it('lets nobody wait while it only observes', async () => {
    const begin = open(tenPerSecond, 'observe')
    const calls = Array.from({ length: 8 }, begin)
    await vi.advanceTimersByTimeAsync(0)
    expect(outcomes(calls)).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
    expect(calls.map(({ x }) => x.trace[0]?.verdict)).toEqual([
      'proceed',
      ...Array.from({ length: 5 }, () => 'delay'),
      'refuse',
      'refuse',
    ])
  })

  it('refuses with Retry-After, and with 503 when the counters are away', async () => {
    const counters = openMemoryCounters({ now: () => Date.now() })
    const attachment = {
      config: { limit: 1, window: '1m', maxWait: '1m', maxWaiting: 1 },
      mode: 'observe' as const,
    }
    await tryPolicy(policy, attachment, testExchange(), { counters })
    await tryPolicy(policy, attachment, testExchange(), { counters })
    const { reply } = await tryPolicy(policy, { config: attachment.config }, testExchange(), { counters })
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([429, '60'])
    const { ending } = await tryPolicy(policy, { config: tenPerSecond }, testExchange(), {
      counters: awayCounters(),
    })
    expect(ending).toMatchObject({ fault: { code: 'counters.unavailable' } })
  })

  it.each([
    [{ limit: 1, window: '1h', maxWait: '1m' }],
    [{ ...tenPerSecond, maxWait: '6m' }],
    [{ ...tenPerSecond, maxWaiting: 0 }],
    [{ limit: 1 }],
  ])('is not published with %j', (config) => {
    expect(throttleContract.config.safeParse(config).success).toBe(false)
  })

  it('never lets two go on closer together than the limit spreads them, nor out of order, whoever comes and leaves', async () => {
    const events = fc.array(fc.record({ pause: fc.nat(250), leaver: fc.option(fc.nat(30), { freq: 3 }) }), {
      maxLength: 40,
    })
    await fc.assert(
      fc.asyncProperty(events, async (sequence) => {
        const begin = open({ ...tenPerSecond, maxWaiting: 8, maxWait: '5s' })
        const calls: Call[] = []
        for (const { pause, leaver } of sequence) {
          calls.push(begin())
          if (leaver !== null) calls[leaver]?.leave()
          await vi.advanceTimersByTimeAsync(pause)
        }
        await vi.advanceTimersByTimeAsync(10_000)
        const times = outcomes(calls).filter((each) => typeof each === 'number')
        expect(calls.every(({ outcome }) => outcome !== undefined)).toBe(true)
        for (const [i, time] of times.entries()) {
          if (i > 0) expect(time - (times[i - 1] as number)).toBeGreaterThanOrEqual(100)
        }
      }),
      { numRuns: 60 },
    )
  })
})
