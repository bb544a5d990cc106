import { defineFaults } from '@portcullis/kernel/fault'
import { z } from '@portcullis/kernel/schema'
import type { PolicyContract } from '@portcullis/policy-kit/policy'

const country = z.string().regex(/^[A-Z]{2}$/, 'a country in two capital letters (ISO 3166-1): DE')

const config = z
  .strictObject({
    allow: z
      .array(country)
      .max(256)
      .default([])
      .describe('Countries from which calls are let in. When empty, from all that are not denied.'),
    deny: z.array(country).max(256).default([]).describe('Countries from which calls are not let in.'),
    unknown: z
      .enum(['allow', 'refuse'])
      .optional()
      .describe(
        'What becomes of addresses that belong to no country, such as private ones. When absent, `refuse` where `allow` names countries and `allow` where it does not.',
      ),
  })
  .refine(({ allow, deny }) => !allow.some((each) => deny.includes(each)), {
    path: ['deny'],
    message: 'no country is let in and shut out at once',
  })
export type CountryConfig = z.infer<typeof config>

const REMEDY = 'Call from a country that is let in. Operators: `portcullis explain` names it.'

export const countryFaults = defineFaults('country', {
  denied: { status: 403, title: 'Calls from this country are not let in', remedy: REMEDY },
  unknown: { status: 403, title: 'It cannot be told from which country the call comes', remedy: REMEDY },
})

export const countryContract: PolicyContract<CountryConfig> = {
  id: 'country',
  summary: 'Lets calls in by the country of their address, and tells later steps which it is.',
  phase: 'connection',
  stacking: 'every',
  config,
  faults: countryFaults,
  body: { need: 'none' },
  mayFailOpen: true,
  mentions: () => ({ attributes: ['context.country'] }),
}
