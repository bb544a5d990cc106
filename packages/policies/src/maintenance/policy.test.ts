import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { describe, expect, it } from 'vitest'
import { maintenanceContract } from './contract.ts'
import { maintenance } from './policy.ts'

const policy = anyPolicy(maintenance)

const call = (iso: string, config: Record<string, string>) =>
  tryPolicy(policy, { config }, testExchange({ receivedAt: Date.parse(iso) }))

const night = { from: '2026-12-01T22:00:00Z', until: '2026-12-02T01:00:00+01:00' }

describe('maintenance', () => {
  it.each([
    ['2026-12-01T21:59:59.999Z', night, undefined, null],
    ['2026-12-01T22:00:00Z', night, 503, '7200'],
    ['2026-12-01T23:59:59.999Z', night, 503, '1'],
    ['2026-12-02T00:00:00Z', night, undefined, null],
    ['2026-12-01T00:00:00Z', {}, 503, null],
    ['2026-12-01T00:00:00Z', { from: '2026-12-01T00:00:00Z' }, 503, null],
    ['2026-12-01T00:00:00Z', { until: '2026-12-01T00:00:30Z' }, 503, '30'],
  ])('at %s with %j answers %s, Retry-After %s', async (iso, config, status, retryAfter) => {
    const { ending, reply } = await call(iso, config as Record<string, string>)
    expect(ending === undefined ? undefined : reply.status).toBe(status)
    expect(reply.headers.get('retry-after') ?? null).toBe(retryAfter)
  })

  it('tells callers what the operator wrote', async () => {
    const { ending } = await call('2026-12-01T00:00:00Z', { message: 'We move house.' })
    expect(ending).toMatchObject({ fault: { code: 'maintenance.under-way', detail: 'We move house.' } })
  })

  it.each([
    { from: '2026-12-02T00:00:00Z', until: '2026-12-01T00:00:00Z' },
    { from: 'tomorrow' },
    { until: '2026-12-01T00:00:00' },
  ])('is not published with %j', (config) => {
    expect(maintenanceContract.config.safeParse(config).success).toBe(false)
  })
})
