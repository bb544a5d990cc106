import { anyPolicy } from '@portcullis/policy-kit/policy'
import type { Authentication } from '@portcullis/policy-kit/principal'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { principalOf } from '@portcullis/policy-kit/test-principal'
import { describe, expect, it } from 'vitest'
import { acrContract } from './contract.ts'
import { acr } from './policy.ts'

const policy = anyPolicy(acr)
const NOW = Date.UTC(2026, 0, 1)
const minutesAgo = (minutes: number): number => NOW - minutes * 60_000

type Config = { anyOf?: string[]; maxAge?: string }

const call = (authentication: Authentication | undefined, config: Config) =>
  tryPolicy(
    policy,
    { config },
    testExchange({ receivedAt: NOW, principal: principalOf(authentication && { authentication }) }),
  )

/** How and when, what is asked, outcome. */
const truth: [Authentication | undefined, Config, string | undefined][] = [
  [{ context: 'mfa' }, { anyOf: ['mfa'] }, undefined],
  [{ context: 'phr' }, { anyOf: ['mfa', 'phr'] }, undefined],
  [{ context: 'pwd' }, { anyOf: ['mfa'] }, 'acr.too-weak'],
  [{ context: 'MFA' }, { anyOf: ['mfa'] }, 'acr.too-weak'],
  [{ at: minutesAgo(1) }, { anyOf: ['mfa'] }, 'acr.too-weak'],
  [undefined, { anyOf: ['mfa'] }, 'acr.too-weak'],
  [{ at: minutesAgo(5) }, { maxAge: '5m' }, undefined],
  [{ at: minutesAgo(5) - 1 }, { maxAge: '5m' }, 'acr.too-old'],
  [{ context: 'mfa' }, { maxAge: '5m' }, 'acr.too-old'],
  [{ at: minutesAgo(-1) }, { maxAge: '5m' }, undefined],
  [{ at: minutesAgo(-2) }, { maxAge: '5m' }, 'acr.too-old'],
  [{ context: 'mfa', at: minutesAgo(6) }, { anyOf: ['mfa'], maxAge: '5m' }, 'acr.too-old'],
  [{ context: 'pwd', at: minutesAgo(1) }, { anyOf: ['mfa'], maxAge: '5m' }, 'acr.too-weak'],
]

describe('acr', () => {
  it.each(truth)('of %j with %j: %s', async (authentication, config, expected) => {
    const { ending, reply } = await call(authentication, config)
    expect(ending?.verdict === 'refuse' ? ending.fault.code : undefined).toBe(expected)
    if (expected !== undefined) expect(reply.status).toBe(401)
  })

  it('says how to do better (RFC 9470 §3)', async () => {
    const { reply } = await call({ context: 'pwd' }, { anyOf: ['phr', 'mfa'], maxAge: '5m' })
    const challenge = reply.headers.get('www-authenticate')
    expect(challenge).toContain('Bearer realm="https://api.example/warehouse/v1"')
    expect(challenge).toContain('error="insufficient_user_authentication"')
    expect(challenge).toContain('acr_values="phr mfa"')
    expect(challenge).toContain('max_age="300"')
  })

  it('refuses whoever is not known', async () => {
    const { ending } = await tryPolicy(policy, { config: { maxAge: '5m' } }, testExchange())
    expect(ending).toMatchObject({ fault: { code: 'acr.unknown', status: 401 } })
  })

  it.each([{}, { anyOf: [] }, { anyOf: ['two words'] }, { anyOf: ['a"b'] }, { maxAge: '0s' }])(
    'is not published with %j',
    (config) => {
      expect(acrContract.config.safeParse(config).success).toBe(false)
    },
  )
})
