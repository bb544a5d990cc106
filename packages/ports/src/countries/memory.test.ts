import { countriesContract, settled } from './contract.ts'
import { openMemoryCountries } from './memory.ts'

countriesContract('memory', () => openMemoryCountries(settled))
