import { describe, expect, it } from 'vitest'
import { isPublic, scopesOf, security, securityScheme } from './security.ts'

describe('isPublic', () => {
  it('is what the contract calls public: an empty list', () => {
    expect(isPublic([])).toBe(true)
  })

  it('is what lets anybody pass among other ways in: an empty alternative', () => {
    expect(isPublic([{ main: ['read'] }, {}])).toBe(true)
  })

  it('is nothing that demands a scheme, even one without scopes', () => {
    expect(isPublic([{ main: [] }])).toBe(false)
    expect(isPublic([{ main: ['read'], key: [] }])).toBe(false)
  })
})

describe('scopesOf', () => {
  it('gathers the scopes of every alternative and scheme, each once', () => {
    const requirement = [{ main: ['read', 'write'], key: [] }, { other: ['read', 'admin'] }, {}]
    expect([...scopesOf(requirement)]).toEqual(['read', 'write', 'admin'])
    expect(scopesOf([]).size).toBe(0)
  })
})

describe('security', () => {
  it('is bounded in alternatives, scopes and their lengths', () => {
    expect(security.safeParse(Array.from({ length: 33 }, () => ({}))).success).toBe(false)
    expect(security.safeParse([{ main: Array.from({ length: 129 }, () => 'a') }]).success).toBe(false)
    expect(security.safeParse([{ main: ['a'.repeat(257)] }]).success).toBe(false)
    expect(security.safeParse([{ ['m'.repeat(129)]: [] }]).success).toBe(false)
  })
})

describe('securityScheme', () => {
  it('refuses a type that OpenAPI does not have', () => {
    expect(securityScheme.safeParse({ type: 'magic' }).success).toBe(false)
  })

  it('refuses a key that it does not know', () => {
    expect(securityScheme.safeParse({ type: 'oauth2', optional: true }).success).toBe(false)
  })

  it('asks an API key where it is carried', () => {
    expect(securityScheme.safeParse({ type: 'apiKey', name: 'X-Key' }).success).toBe(false)
    expect(securityScheme.safeParse({ type: 'apiKey', name: 'X-Key', in: 'body' }).success).toBe(false)
    expect(securityScheme.safeParse({ type: 'apiKey', name: 'X-Key', in: 'header' }).success).toBe(true)
  })
})
