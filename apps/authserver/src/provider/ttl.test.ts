import { defaultLifetimes } from '@portcullis/oauth/lifetime'
import { describe, expect, it } from 'vitest'
import { ttlOf } from './ttl.ts'

describe('a refresh token', () => {
  it.each([
    [5, 5],
    [defaultLifetimes.grantSeconds, defaultLifetimes.refreshTokenSeconds],
    [0, 1],
  ])('under a grant that ends in %d seconds is good for %d', (remainingTTL, seconds) => {
    const { RefreshToken } = ttlOf(defaultLifetimes)
    const ctx = { oidc: { entities: { Grant: { remainingTTL } } } }
    expect(typeof RefreshToken === 'function' && RefreshToken(ctx as never, {} as never, {} as never)).toBe(
      seconds,
    )
  })
})
