import { expect, it } from 'vitest'
import { keysContract, newKey } from './contract.ts'
import { openMemoryKeys } from './memory.ts'
import type { VerificationKey } from './port.ts'

keysContract('memory', async () => {
  const sets: Record<string, readonly VerificationKey[]> = {}
  return {
    keys: openMemoryKeys(sets),
    publish: async (issuer, set) => {
      const uri = `https://${issuer}.example/jwks`
      sets[uri] = set
      return uri
    },
    nowhere: 'https://nowhere.example/jwks',
    close: async () => undefined,
  }
})

it('finds a new key as soon as the set has it', async () => {
  const sets: Record<string, readonly VerificationKey[]> = { uri: [] }
  const keys = openMemoryKeys(sets)
  expect(await keys.find('uri', 'new')).toBe(undefined)
  const fresh = newKey('new', 'EdDSA')
  sets.uri = [fresh]
  expect(await keys.find('uri', 'new')).toBe(fresh)
})
