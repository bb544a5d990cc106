import type { ExchangeRight } from '@portcullis/model/resource/exchange-right'
import { describe, expect, it } from 'vitest'
import { decideExchange, depthOf, type TokenExchange } from './rules.ts'

const rights: ExchangeRight[] = [
  { from: 'https://a', to: 'https://b', scopes: ['read'], as: 'delegation', depth: 1 },
]
const wanted: TokenExchange = {
  app: 'a',
  from: 'https://a',
  to: 'https://b',
  scopes: ['read'],
  actor: 'a',
  issuer: 'https://auth.example/hmart',
}

describe('the right to exchange', () => {
  it('is held to its own two audiences, in that direction', () => {
    expect(decideExchange(rights, wanted)).toEqual({ allowed: true, act: { sub: 'a' }, as: 'delegation' })
    expect(decideExchange([], wanted)).toMatchObject({ error: 'invalid_target' })
    expect(decideExchange(rights, { ...wanted, from: 'https://b', to: 'https://a' })).toMatchObject({
      error: 'invalid_target',
    })
  })

  it('is held to who may act, where the token says so (RFC 8693 §4.4)', () => {
    const told = (mayAct: Record<string, unknown>) => decideExchange(rights, { ...wanted, mayAct }).allowed
    expect(told({ sub: 'a' })).toBe(true)
    expect(told({ sub: 'a', iss: wanted.issuer })).toBe(true)
    expect(told({ sub: 'other' })).toBe(false)
    expect(told({ sub: 'a', iss: 'https://elsewhere' })).toBe(false)
    expect(told({})).toBe(false)
  })

  it('is held to its depth, and an impersonation names whoever acted before', () => {
    const act = { sub: 'x' }
    expect(decideExchange(rights, { ...wanted, act })).toMatchObject({
      allowed: false,
      error: 'invalid_request',
    })
    const silent = rights.map((each) => ({ ...each, as: 'impersonation' as const }))
    expect(decideExchange(silent, { ...wanted, act })).toEqual({ allowed: true, as: 'impersonation', act })
    expect(depthOf({ sub: 'a', act: { sub: 'b', act: { sub: 'c' } } })).toBe(3)
  })
})
