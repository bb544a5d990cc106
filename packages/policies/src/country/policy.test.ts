import { anyPolicy } from '@portcullis/policy-kit/policy'
import { testExchange, tryPolicy } from '@portcullis/policy-kit/test-kit'
import { openMemoryCountries } from '@portcullis/ports/countries/memory'
import { describe, expect, it } from 'vitest'
import { countryContract } from './contract.ts'
import { country } from './policy.ts'

const policy = anyPolicy(country)
const countries = openMemoryCountries({ '192.0.2.49': 'DE', '192.0.2.33': 'FR' })
const [GERMAN, FRENCH, PRIVATE] = ['192.0.2.49', '192.0.2.33', '10.0.0.1']

type Config = { allow?: string[]; deny?: string[]; unknown?: string }

const call = (remoteAddress: string, config: Config) =>
  tryPolicy(policy, { config }, testExchange({ remoteAddress }), { countries })

describe('country', () => {
  it.each([
    [GERMAN, {}, undefined],
    [PRIVATE, {}, undefined],
    [GERMAN, { allow: ['DE'] }, undefined],
    [FRENCH, { allow: ['DE'] }, 'country.denied'],
    [PRIVATE, { allow: ['DE'] }, 'country.unknown'],
    [PRIVATE, { allow: ['DE'], unknown: 'allow' }, undefined],
    [GERMAN, { deny: ['DE'] }, 'country.denied'],
    [FRENCH, { deny: ['DE'] }, undefined],
    [PRIVATE, { deny: ['DE'] }, undefined],
    [PRIVATE, { deny: ['DE'], unknown: 'refuse' }, 'country.unknown'],
  ] as [string, Config, string | undefined][])('of %s with %j: %s', async (address, config, expected) => {
    const { ending, reply } = await call(address, config)
    expect(ending?.verdict === 'refuse' ? ending.fault.code : undefined).toBe(expected)
    if (expected !== undefined) expect(reply.status).toBe(403)
  })

  it('tells later steps the country, and records it without the address', async () => {
    const { x } = await call(GERMAN, {})
    expect(x.country).toBe('DE')
    expect(x.trace[0]?.saw).toEqual({ country: 'DE' })
    expect((await call(PRIVATE, {})).x.country).toBeUndefined()
  })

  it('refuses where countries cannot be told', async () => {
    const broken = {
      of: () => {
        throw new Error('no data')
      },
    }
    const { ending } = await tryPolicy(policy, {}, testExchange(), { countries: broken })
    expect(ending).toMatchObject({ verdict: 'refuse', fault: { code: 'step.failed' } })
  })

  it.each([{ allow: ['de'] }, { allow: ['DEU'] }, { allow: ['DE'], deny: ['DE'] }, { unknown: 'maybe' }])(
    'is not published with %j',
    (config) => {
      expect(countryContract.config.safeParse(config).success).toBe(false)
    },
  )
})
