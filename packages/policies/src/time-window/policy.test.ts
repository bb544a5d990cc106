import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { timeWindowContract } from './contract.ts'
import { timeWindow } from './policy.ts'

const policy = anyPolicy(timeWindow)
const zone = 'Europe/Berlin'

const call = (iso: string, config: Record<string, unknown>) =>
  tryPolicy(policy, { config: { zone, ...config } as never }, testExchange({ receivedAt: Date.parse(iso) }))

const office = [
  { days: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday'], from: '08:00', to: '18:00' },
]
const night = [{ days: ['friday'], from: '22:00', to: '06:00' }]

/** Time in UTC, windows, closed dates, whether it is open. 22 November 2026 is a Sunday. */
const truth: [string, unknown, string[], boolean][] = [
  ['2026-11-23T06:59:59.999Z', office, [], false],
  ['2026-11-23T07:00:00Z', office, [], true],
  ['2026-11-23T16:59:59.999Z', office, [], true],
  ['2026-11-23T17:00:00Z', office, [], false],
  ['2026-11-22T10:00:00Z', office, [], false],
  // In summer the same hours begin an hour earlier in UTC.
  ['2026-07-20T06:00:00Z', office, [], true],
  ['2026-11-23T10:00:00Z', office, ['2026-11-23'], false],
  ['2026-11-23T10:00:00Z', office, ['2026-11-24'], true],
  ['2026-11-27T20:59:00Z', night, [], false],
  ['2026-11-27T21:00:00Z', night, [], true],
  ['2026-11-28T04:59:00Z', night, [], true],
  ['2026-11-28T05:00:00Z', night, [], false],
  ['2026-11-27T04:00:00Z', night, [], false],
  ['2026-11-28T04:00:00Z', night, ['2026-11-28'], false],
  ['2026-11-27T22:30:00Z', night, ['2026-11-28'], true],
  ['2026-11-29T12:00:00Z', [{}], [], true],
  ['2026-11-28T11:59:00Z', [{ from: '13:00', to: '13:00', days: ['saturday'] }], [], false],
  ['2026-11-28T12:00:00Z', [{ from: '13:00', to: '13:00', days: ['saturday'] }], [], true],
  ['2026-11-29T11:59:00Z', [{ from: '13:00', to: '13:00', days: ['saturday'] }], [], true],
  ['2026-11-29T12:00:00Z', [{ from: '13:00', to: '13:00', days: ['saturday'] }], [], false],
  [
    '2026-11-29T12:00:00Z',
    [
      { days: ['sunday'], to: '12:00' },
      { days: ['sunday'], from: '13:00' },
    ],
    [],
    true,
  ],
]

describe('time-window', () => {
  it.each(truth)('at %s with %j, closed on %j: %s', async (iso, windows, closed, open) => {
    const { ending } = await call(iso, { windows, closed })
    expect(ending === undefined).toBe(open)
  })

  it('tells when it is open', async () => {
    const { ending, reply } = await call('2026-11-22T10:00:00Z', { windows: office, closed: ['2026-12-25'] })
    expect(reply.status).toBe(403)
    expect(ending).toMatchObject({
      fault: {
        code: 'time-window.outside',
        detail:
          'Open monday, tuesday, wednesday, thursday, friday 08:00–18:00, in the time zone Europe/Berlin, but for some dates.',
      },
    })
  })

  it.each([
    { windows: [] },
    { windows: [{ from: '8:00' }] },
    { windows: [{ to: '24:01' }] },
    { windows: [{ days: [] }] },
    { windows: [{}], closed: ['25.12.2026'] },
    { windows: [{}], zone: 'Europe/Atlantis' },
    { windows: [{}], zone: undefined },
  ])('is not published with %j', (config) => {
    expect(timeWindowContract.config.safeParse({ zone, ...config }).success).toBe(false)
  })
})
