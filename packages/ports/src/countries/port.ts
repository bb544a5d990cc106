import { defineFaults } from '@portcullis/kernel/fault'

/**
 * Countries tell where an address is, as registries and routes say; neither knows where a person is.
 *
 * The answer is a country of ISO 3166-1 in two capital letters, or `undefined` for an address that belongs to none: a
 * private one, one that nobody announces, or a text that is no address. It comes at once, from memory. Data that can't
 * be read throw `countries.unavailable` when they are first asked for.
 */
export interface Countries {
  of(address: string): string | undefined
}

export const countriesFaults = defineFaults('countries', {
  unavailable: {
    status: 503,
    title: 'It cannot be told where addresses are',
    remedy: 'Operators: PORTCULLIS_COUNTRIES_FILE names a database of countries (mmdb) that can be read.',
  },
})
