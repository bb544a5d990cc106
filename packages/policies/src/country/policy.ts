import type { Policy } from '@portcullis/policy-kit/policy'
import { proceed, refuse } from '@portcullis/policy-kit/verdict'
import { type CountryConfig, countryContract, countryFaults } from './contract.ts'
import { judgeOf } from './rules.ts'

/** Finds the caller's country, for conditions and rules of later steps, and judges it. */
export const country: Policy<CountryConfig, undefined, 'countries'> = {
  contract: countryContract,
  needs: ['countries'],
  bind(config, { countries }) {
    const judge = judgeOf(config)
    return {
      onRequest({ request }) {
        const found = countries.of(request.remoteAddress)
        const judgement = judge(found)
        const saw = { country: found ?? 'unknown' }
        if (judgement !== 'admitted') return refuse(countryFaults[judgement](), { saw })
        return proceed(saw, found === undefined ? undefined : { country: found })
      },
    }
  },
}
