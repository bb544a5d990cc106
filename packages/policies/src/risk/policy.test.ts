import { anyPolicy } from '@portcullis/policy-kit/policy'
import { bindFor, runThrough, testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { principalOf } from '@portcullis/policy-kit/test-principal'
import { openMemoryRisk } from '@portcullis/ports/risk/memory'
import type { RiskFacts } from '@portcullis/ports/risk/port'
import { describe, expect, it } from 'vitest'
import { riskContract } from './contract.ts'
import { risk } from './policy.ts'

const policy = anyPolicy(risk)

const call = (found: unknown, config: object = {}) =>
  tryPolicy(policy, { config: config as never }, testExchange(), { risk: openMemoryRisk(() => found) })

describe('risk', () => {
  it.each<[unknown, object, string | undefined, number | undefined]>([
    [0, {}, undefined, 0],
    [100, {}, undefined, 100],
    [79, { refuseFrom: 80 }, undefined, 79],
    [79.2, { refuseFrom: 80 }, 'risk.too-high', undefined],
    [80, { refuseFrom: 80 }, 'risk.too-high', undefined],
    ['unsaid', {}, 'risk-engine.unavailable', undefined],
    ['unsaid', { unknown: 50 }, undefined, 50],
    ['unsaid', { unknown: 80, refuseFrom: 80 }, 'risk.too-high', undefined],
  ])('of %j with %j: %s', async (found, config, code, told) => {
    const { ending, reply, x } = await call(found, config)
    expect(ending?.verdict === 'refuse' ? ending.fault.code : undefined).toBe(code)
    expect(reply.status).toBe(code === undefined ? 200 : code === 'risk.too-high' ? 403 : 503)
    expect(x.risk).toBe(told)
  })

  it('records what was found, and that it was assumed', async () => {
    expect((await call(12.5)).x.trace[0]?.saw).toEqual({ risk: 13 })
    expect((await call('unsaid', { unknown: 50 })).x.trace[0]?.saw).toEqual({ risk: 50, assumed: true })
  })

  it('tells whoever judges all that is known of the call, and nothing of its credentials', async () => {
    const told: RiskFacts[] = []
    const judge = openMemoryRisk((facts) => told.push(facts))
    const headers = { 'User-Agent': 'till/3', Authorization: 'Bearer secret' }
    const principal = principalOf({ subject: 'ada' })
    await tryPolicy(policy, {}, testExchange({ headers, principal }), { risk: judge })
    expect(told).toEqual([
      {
        organization: 'hmart',
        occasion: 'call',
        at: Date.UTC(2026, 0, 1),
        address: '192.0.2.1',
        userAgent: 'till/3',
        client: 'robot',
        subject: 'ada',
        audience: 'https://api.example/warehouse/v1',
        operation: 'listItems',
      },
    ])
  })

  it('asks once for calls that are alike, and anew for others and after a while', async () => {
    let asked = 0
    const steps = bindFor(policy, { config: { keepFor: '10s' } }, testExchange(), {
      risk: openMemoryRisk(() => ++asked),
    })
    const from = (remoteAddress: string, at: number) =>
      runThrough(steps, testExchange({ remoteAddress, receivedAt: Date.UTC(2026, 0, 1) + at }))
    await Promise.all([from('192.0.2.1', 0), from('192.0.2.1', 1), from('192.0.2.1', 9_999)])
    expect(asked).toBe(1)
    await from('192.0.2.2', 0)
    expect(asked).toBe(2)
    await from('192.0.2.1', 10_000)
    expect(asked).toBe(3)
  })

  it.each([{ refuseFrom: 0 }, { refuseFrom: 101 }, { unknown: -1 }, { unknown: 'allow' }, { keepFor: '2h' }])(
    'is not published with %j',
    (config) => {
      expect(riskContract.config.safeParse(config).success).toBe(false)
    },
  )
})
