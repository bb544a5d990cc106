import { catalogFor } from '@portcullis/policy-kit/late-catalog'
import { describe, expect, it } from 'vitest'
import { lateCatalog } from './late-catalog.ts'

describe('the policies that are loaded where they are needed', () => {
  it.each(lateCatalog)(
    '$id is found by its id, and needed always where it runs without being attached',
    async (policy) => {
      const { contract } = await policy.load()
      expect(contract.id).toBe(policy.id)
      expect(policy.isAlwaysNeeded).toBe(contract.derive !== undefined && contract.onlyAttached !== true)
    },
  )

  it('come in the order of the catalogue, those that are attached and those that are always needed', async () => {
    const loaded = await catalogFor(lateCatalog)(new Set(['headers', 'cors', 'no-such-policy']))
    const ids = loaded.map(({ contract }) => contract.id)
    const needed = lateCatalog.filter(
      ({ id, isAlwaysNeeded }) => isAlwaysNeeded || id === 'cors' || id === 'headers',
    )
    expect(ids).toEqual(needed.map(({ id }) => id))
    expect(ids.length).toBeLessThan(lateCatalog.length / 2)
  })
})
