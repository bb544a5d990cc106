import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkLifetimes, contradictionsOf, defaultLifetimes, lifetimeFaults } from './lifetime.ts'

describe('lifetimes', () => {
  it('have defaults that do not contradict each other', () => {
    expect(contradictionsOf(defaultLifetimes)).toEqual([])
    expect(checkLifetimes(defaultLifetimes)).toBe(defaultLifetimes)
  })

  it('refuse a refresh token that outlives its grant, and say which and why', () => {
    const wrong = { ...defaultLifetimes, grantSeconds: defaultLifetimes.refreshTokenSeconds - 1 }
    expect(contradictionsOf(wrong)).toEqual([
      'refreshTokenSeconds (1209600) must be at most grantSeconds (1209599): a refresh token is good only under its grant',
    ])
    expect(() => checkLifetimes(wrong)).toThrow(
      expect.objectContaining({ code: lifetimeFaults.contradictory.code }),
    )
  })

  it('refuse access tokens of more than an hour, because nothing takes them back', () => {
    expect(contradictionsOf({ ...defaultLifetimes, accessTokenSeconds: 3601 })).not.toEqual([])
  })

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuse %d seconds', (accessTokenSeconds) => {
    expect(contradictionsOf({ ...defaultLifetimes, accessTokenSeconds })).not.toEqual([])
  })

  it('when accepted, are ordered from code to grant', () => {
    const seconds = fc.integer({ min: 1, max: 4000 })
    const lifetimes = fc.record({
      authorizationCodeSeconds: seconds,
      accessTokenSeconds: seconds,
      idTokenSeconds: seconds,
      interactionSeconds: seconds,
      sessionIdleSeconds: seconds,
      signInSeconds: seconds,
      refreshTokenSeconds: seconds,
      grantSeconds: seconds,
    })
    fc.assert(
      fc.property(lifetimes, (each) => {
        if (contradictionsOf(each).length > 0) return
        expect(Math.max(...Object.values(each))).toBe(each.grantSeconds)
        expect(each.authorizationCodeSeconds).toBeLessThanOrEqual(each.refreshTokenSeconds)
        expect(each.interactionSeconds).toBeLessThanOrEqual(each.signInSeconds)
      }),
    )
  })
})
