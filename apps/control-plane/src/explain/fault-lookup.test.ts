import { catalog } from '@portcullis/policies/catalog'
import { describe, expect, it } from 'vitest'
import { faultLookup } from './fault-lookup.ts'

describe('faultLookup', () => {
  const lookup = faultLookup(catalog)

  it('has words for what a policy, a step or a port refuses with', () => {
    for (const code of [
      'scope.insufficient',
      'jwt.expired',
      'rate-limit.exceeded',
      'step.failed',
      'keys.unavailable',
    ]) {
      expect(lookup(code)?.remedy).toMatch(/\.$/)
    }
  })

  it('knows nothing of a code that nobody declares', () => {
    expect(lookup('scope.made-up')).toBeUndefined()
  })
})
