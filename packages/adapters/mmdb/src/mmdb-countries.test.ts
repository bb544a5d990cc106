import { countriesContract } from '@portcullis/ports/countries/contract'
import { countriesFaults } from '@portcullis/ports/countries/port'
import { describe, expect, it } from 'vitest'
import { openMmdbCountries } from './mmdb-countries.ts'

const bundled = openMmdbCountries()

countriesContract('mmdb', () => bundled)

describe('openMmdbCountries', () => {
  it.each(['/nowhere/countries.mmdb', import.meta.filename])('refuses to tell anything from %s', (file) => {
    const countries = openMmdbCountries({ file })
    let thrown: unknown
    try {
      countries.of('193.0.6.139')
    } catch (caught) {
      thrown = caught
    }
    expect(countriesFaults.unavailable.is(thrown)).toBe(true)
  })
})
